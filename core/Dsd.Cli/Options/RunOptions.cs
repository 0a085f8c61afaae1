using System.CommandLine;
using Dsd.Runs;
using Dsd.Statistics;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary>The options that say where and how a run goes. <c>plan</c> takes them too, so that one line serves both.</summary>
internal sealed class RunOptions
{
    private const int MaxThreads = 1024;

    private readonly Option<string?> _root = OptionOf.DataRoot();
    private readonly Option<string?> _weights = OptionOf.Path("--weights", "Start from the weights in this file instead of random ones; names and shapes must be the network's, which for the paper's CNNs are torchvision's.", "FILE.safetensors");
    private readonly Option<long?> _seed = OptionOf.Whole("--seed", "Seed of initial weights, data order and augmentation. Default 1.", long.MinValue, long.MaxValue);
    private readonly Option<string> _device = OptionOf.Choice("--device", "Where to compute; auto takes a GPU where there is one.", "auto", "cpu", "cuda");
    private readonly Option<long?> _threads = OptionOf.Whole("--threads", "CPU threads; 1 gives the same bits every time. Default: libtorch's choice.", 1, MaxThreads);
    private readonly Option<string> _precision = OptionOf.Choice("--precision", "Numbers to compute in: fp32, or bf16 where the processor has instructions for it. Weights stay fp32.", "fp32", "bf16");
    private readonly Option<string> _layout = OptionOf.Choice("--layout", "Order of activations in memory; auto takes what pays. It changes rounding alone.", "auto", "channels-first", "channels-last");
    private readonly Option<string?> _out = OptionOf.Path("--out", "Folder of the run: event logs, schedule, final weights, summary. Default: a new one under runs/.", "DIR");
    private readonly Option<bool> _force = new("--force") { Description = "Replace the run in a folder that is not empty; other files in it stay." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Show no progress." };

    public void AddTo(Command command, bool shown)
    {
        foreach (Option option in new Option[] { _root, _weights, _seed, _device, _threads, _precision, _layout, _out, _force, _quiet })
        {
            option.Hidden = !shown;
            command.Options.Add(option);
        }
    }

    /// <summary>Checks the places that a run reads from and writes to.</summary>
    public void CheckAlone(ParseResult parsed, Problems problems)
    {
        problems.Check(() => RunFolder.Check(Out(parsed), Force(parsed)));
        problems.Check(() =>
        {
            if (Weights(parsed) is { } weights && !File.Exists(weights))
            {
                throw new DsdException($"--weights {weights}: {(Directory.Exists(weights) ? "this is a folder; give a .safetensors file" : "there is no such weight file")}.");
            }
        });
    }

    public string? Root(ParseResult parsed) => parsed.GetValue(_root);

    /// <summary>The file that holds the weights to start from, or null for random ones.</summary>
    public string? Weights(ParseResult parsed) => parsed.GetValue(_weights);

    public long Seed(ParseResult parsed) => parsed.GetValue(_seed) ?? 1;

    /// <summary>How an arm is trained.</summary>
    public TrainerSettings Settings(ParseResult parsed, TrainingConfig setting) =>
        new(Seed(parsed), setting.Optimizer, gradientClip: setting.GradientClip, precision: Precision(parsed), layout: Layout(parsed));

    /// <summary>The device to compute on; loads the native library and sets its threads.</summary>
    /// <exception cref="DsdException">There is no such device here.</exception>
    public Device OpenDevice(ParseResult parsed)
    {
        TorchInstall.Load();
        if (Threads(parsed) is { } count)
        {
            set_num_threads(count);
        }

        var wanted = parsed.GetValue(_device);
        if (wanted == "cuda" && !cuda.is_available())
        {
            throw new DsdException("--device cuda: no GPU can be used here. Either this is a CPU build (build with -p:TorchBackend=cuda) or there is no NVIDIA GPU with a driver. Use --device cpu.");
        }

        return wanted != "cpu" && cuda.is_available() ? CUDA : CPU;
    }

    public int? Threads(ParseResult parsed) => (int?)parsed.GetValue(_threads);

    public string? Out(ParseResult parsed) => parsed.GetValue(_out);

    public bool Force(ParseResult parsed) => parsed.GetValue(_force);

    public bool Quiet(ParseResult parsed) => parsed.GetValue(_quiet);

    private Precision Precision(ParseResult parsed) => parsed.GetValue(_precision) == "bf16" ? Dsd.Runs.Precision.Bf16 : Dsd.Runs.Precision.Fp32;

    private MemoryLayout Layout(ParseResult parsed) => parsed.GetValue(_layout) switch
    {
        "channels-first" => MemoryLayout.ChannelsFirst,
        "channels-last" => MemoryLayout.ChannelsLast,
        _ => MemoryLayout.Automatic,
    };
}
