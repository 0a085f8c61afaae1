using System.CommandLine;
using Dsd.Checkpoints;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Statistics;
using Dsd.Torch;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary>The options for where and how a run executes. <c>plan</c> accepts them too, so that one command line serves both.</summary>
internal sealed class RunOptions
{
    private const int MaxThreads = 1024;

    private readonly Option<string?> _root = OptionOf.DataRoot();
    private readonly Option<string?> _init = OptionOf.Path("--init", "Start from the weights in this file instead of random ones: .safetensors, the index of its shards, or a folder with either. Names and shapes must match the network's (torchvision's for the paper's CNNs).", "FILE");
    private readonly Option<string[]> _initExcept = new("--init-except") { Description = "Of --init, leave parameters of these names as they are initialised, such as 'fc.*' for classes of your own. Repeatable.", HelpName = "GLOB" };
    private readonly Option<long?> _seed = OptionOf.Whole("--seed", "Seed of initial weights, data order and augmentation. Default 1.", long.MinValue, long.MaxValue);
    private readonly Option<string> _device = OptionOf.Device("auto", "Device to compute on; auto uses a GPU if there is one.");
    private readonly Option<long?> _threads = OptionOf.Whole("--threads", "CPU threads; 1 gives the same bits every time. Default: libtorch's choice.", 1, MaxThreads);
    private readonly Option<string> _precision = OptionOf.Choice("--precision", "Precision of computation: fp32, or bf16 if the processor has instructions for it. Weights stay fp32.", "fp32", "bf16");
    private readonly Option<string> _layout = OptionOf.Choice("--layout", "Memory layout of activations; auto takes the faster one. Only rounding differs.", "auto", "channels-first", "channels-last");
    private readonly Option<string> _capture = OptionOf.Choice("--capture", "CUDA graphs: record a training step on the GPU and repeat it as a whole. auto: where nothing in a step can need the host, as in the catalogue's image networks and char-lstm; the record says why if steps are not recorded.", "auto", "on", "off");
    private readonly Option<string?> _out = OptionOf.Path("--out", "Folder of the run: event logs, schedule, final weights, summary. Default: a new one under runs/.", "DIR");
    private readonly Option<CheckpointInterval?> _checkpointEvery = OptionOf.Class("--checkpoint-every", CheckpointInterval.Parse, "Interval between checkpoints, besides those at the ends of phases: 1ep, 200st or 10min. Default 10min; 1ep with --on-nonfinite rollback.", "INTERVAL");
    private readonly Option<string> _onNonFinite = OptionOf.Choice("--on-nonfinite", "What to do about a loss, gradient or weight that is not finite: stop, or rollback to the last checkpoint and go on at half the rate.", "stop", "rollback");
    private readonly Option<string?> _tensorBoard = TensorBoardOption();
    private readonly Option<bool> _watch = WatchOption();
    private readonly Option<bool> _force = new("--force") { Description = "Replace the run in a folder that is not empty; other files in it stay." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Show no progress." };

    public void AddTo(Command command, bool shown)
    {
        foreach (Option option in new Option[] { _root, _init, _initExcept, _seed, _device, _threads, _precision, _layout, _capture, _checkpointEvery, _onNonFinite, _out, _tensorBoard, _watch, _force, _quiet })
        {
            option.Hidden = !shown;
            command.Options.Add(option);
        }
    }

    /// <summary>Checks the paths that a run reads from and writes to.</summary>
    public void CheckAlone(ParseResult parsed, Problems problems)
    {
        if (Out(parsed) is { } path)
        {
            problems.Check(() => AtOut(() => RunFolder.Check(path, Force(parsed))));
        }

        if (TensorBoard(parsed) is { } board && File.Exists(board))
        {
            problems.Check(() => throw new DsdException($"{_tensorBoard.Name} {board}: this is a file; give a folder."));
        }

        CheckInit(parsed, parsed.GetValue(_init), problems);
    }

    /// <summary>Creates the option for TensorBoard's log folder.</summary>
    public static Option<string?> TensorBoardOption() => OptionOf.Path("--tensorboard", "Also write what TensorBoard shows into this folder, for 'tensorboard --logdir DIR': one run for each arm.", "DIR");

    /// <summary>Gets TensorBoard's log folder, or null for none.</summary>
    public string? TensorBoard(ParseResult parsed) => parsed.GetValue(_tensorBoard);

    /// <summary>Creates TensorBoard's log folder, and writes a file in it, so that a folder that cannot be written is refused before anything is trained.</summary>
    /// <param name="folder">The folder; null for none.</param>
    /// <exception cref="DsdException">The folder cannot be written.</exception>
    public static void OpenTensorBoard(string? folder)
    {
        if (folder is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(folder);
            new FileStream(Path.Combine(folder, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"--tensorboard {folder}: this folder cannot be written: {e.Message.TrimEnd('.')}. Choose another one.", e);
        }
    }

    /// <summary>Creates the option to follow the run on a page.</summary>
    public static Option<bool> WatchOption() => new("--watch") { Description = "Follow the run on a page in the browser, as 'dsd watch' does, while it trains." };

    /// <summary>True to follow the run on a page.</summary>
    public bool Watch(ParseResult parsed) => parsed.GetValue(_watch);

    /// <summary>Runs an action on the folder of the run; error messages then name the option.</summary>
    public void AtOut(Action act) => AtOut(() =>
    {
        act();
        return act;
    });

    /// <inheritdoc cref="AtOut(Action)"/>
    public T AtOut<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (DsdException e)
        {
            throw new DsdException($"{_out.Name} {e.Message}", e);
        }
    }

    /// <summary>Applies these options to a run; values without an option are unchanged.</summary>
    /// <exception cref="DsdException">Exceptions from initial weights are given, but no such weights.</exception>
    public RunConfig Change(ParseResult parsed, RunConfig run) => parsed.IsGiven(_initExcept) && (parsed.GetValue(_init) ?? run.Init) is null
        ? throw new DsdException($"{_initExcept.Name} leaves out some of the weights of {_init.Name}, which is not given; without it all start at random.")
        : run
        .WithSeed(parsed.GetValue(_seed) ?? run.Seed)
        .WithDevice(parsed.IsGiven(_device) ? parsed.GetValue(_device)! : run.Device)
        .WithThreads((int?)parsed.GetValue(_threads) ?? run.Threads)
        .WithPrecision(parsed.IsGiven(_precision) ? Precision(parsed) : run.Precision)
        .WithLayout(parsed.IsGiven(_layout) ? Layout(parsed) : run.Layout)
        .WithCapture(parsed.IsGiven(_capture) ? Capture(parsed) : run.Capture)
        .WithDataRoot(parsed.GetValue(_root) ?? run.DataRoot)
        .WithInit(parsed.GetValue(_init) ?? run.Init, parsed.IsGiven(_initExcept) ? parsed.GetValue(_initExcept) : run.InitExcept)
        .WithOnNonFinite(OnNonFinite(parsed, run))
        .WithCheckpointEvery(parsed.GetValue(_checkpointEvery) ?? (OnNonFinite(parsed, run) == run.OnNonFinite ? run.CheckpointEvery : CheckpointInterval.DefaultFor(OnNonFinite(parsed, run))));

    /// <summary>Checks that a run can go back to checkpoints if it is to.</summary>
    public static void CheckRollback(RunConfig run)
    {
        if (run.OnNonFinite == NonFiniteAction.Rollback && !run.CheckpointEvery.IsRepeatable)
        {
            throw new DsdException($"--on-nonfinite rollback needs checkpoints every so many epochs or steps, so that the run is repeatable; {run.CheckpointEvery} depends on the machine. Give --checkpoint-every 1ep, or 200st.");
        }
    }

    /// <summary>Checks that the initial weights can be read, as far as their header shows.</summary>
    public void CheckInit(ParseResult parsed, string? init, Problems problems) => problems.Check(() =>
    {
        var name = parsed.GetValue(_init) is null ? "the run's init" : _init.Name;
        if (init is null)
        {
            return;
        }

        if (!Path.Exists(init))
        {
            throw new DsdException($"{name} {init}: there is no such weight file.");
        }

        try
        {
            SafeTensorsSet.Open(init).Dispose();
        }
        catch (DsdException e)
        {
            throw new DsdException($"{name} {e.Message}", e);
        }
    });

    /// <summary>Gets the device of a run; loads the native library and sets its threads.</summary>
    /// <exception cref="DsdException">The device is not available.</exception>
    public static Device OpenDevice(RunConfig run)
    {
        TorchInstall.Load();
        if (run.Threads is { } count)
        {
            set_num_threads(count);
        }

        return OpenDevice(run.Device);
    }

    /// <summary>Gets a device by its name in a run config or study; loads the native library.</summary>
    /// <param name="name">The name; <c>"auto"</c> is a GPU if there is one.</param>
    /// <exception cref="DsdException">The device is not available.</exception>
    public static Device OpenDevice(string name)
    {
        TorchInstall.Load();
        if (name.StartsWith("cuda", StringComparison.Ordinal) && !cuda.is_available())
        {
            throw new DsdException($"--device {name}: no GPU can be used here: {CudaDiagnosis.WhyNone()} Or use --device cpu.");
        }

        var opened = name == RunConfig.AutomaticDevice ? (cuda.is_available() ? CUDA : CPU) : device(name);
        return opened.type != TorchSharp.DeviceType.CUDA || opened.index < cuda.device_count()
            ? opened
            : throw new DsdException(FormattableString.Invariant($"--device {name}: there is no such GPU; this machine has {cuda.device_count()}, numbered from 0."));
    }

    /// <summary>Returns the number of GPUs on which a study's workers can be spread: 0 on the CPU, 1 if it names one GPU.</summary>
    /// <param name="device">The study's device; null for the CPU.</param>
    /// <exception cref="DsdException">The device is not available.</exception>
    public static int Gpus(string? device) => device is null || OpenDevice(device).type != TorchSharp.DeviceType.CUDA ? 0 : device == "cuda" ? cuda.device_count() : 1;

    public string? Out(ParseResult parsed) => parsed.GetValue(_out);

    public bool Force(ParseResult parsed) => parsed.GetValue(_force);

    public bool Quiet(ParseResult parsed) => parsed.GetValue(_quiet);

    private NonFiniteAction OnNonFinite(ParseResult parsed, RunConfig run) => parsed.IsGiven(_onNonFinite)
        ? parsed.GetValue(_onNonFinite) == "rollback" ? NonFiniteAction.Rollback : NonFiniteAction.Stop
        : run.OnNonFinite;

    private Precision Precision(ParseResult parsed) => parsed.GetValue(_precision) == "bf16" ? Dsd.Runs.Precision.Bf16 : Dsd.Runs.Precision.Fp32;

    private StepCapture Capture(ParseResult parsed) => parsed.GetValue(_capture) switch
    {
        "on" => StepCapture.On,
        "off" => StepCapture.Off,
        _ => StepCapture.Automatic,
    };

    private MemoryLayout Layout(ParseResult parsed) => parsed.GetValue(_layout) switch
    {
        "channels-first" => MemoryLayout.ChannelsFirst,
        "channels-last" => MemoryLayout.ChannelsLast,
        _ => MemoryLayout.Automatic,
    };
}
