using System.Reflection;
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using Dsd.Data.Tests.Captions;
using Dsd.Execution;
using Dsd.Models;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

/// <summary>What <see cref="NoHiddenEffectsTests"/> has done in processes of their own, each line on standard output one finding.</summary>
internal static partial class FreshProcess
{
    private const int Block = 64 << 20;

    private static readonly Schedule s_schedule = Schedule.Start().Sparse(1, 0.1, 0.5).Build();

    /// <summary>Constructs one of everything, and says what of the process each changed.</summary>
    public static void Construct()
    {
        RunInitialisers();
        Say("before", Settings());
        Say("lenet-300-100", After(() => new LeNet300100()));
        Say("lenet-5", After(() => new LeNet5()));
        Say("char-lstm", After(() => new CharLstm()));
        Say("neural-talk", After(() => new NeuralTalk(8, 10, 0.1)));
        Say("deep-speech-2", After(() => new DeepSpeech2(161, 29, 0.1)));
        Say("images", After(() => new ImageClassification(Tiny.Dataset(), 4, seed: 1)));
        Say("text", After(() => new LanguageModelling(Text(), 2, seed: 1)));
        Say("captions", After(() => new Captioning(TinyCaptions.Dataset(), 4, seed: 1)));
        TorchRuntime.Configure();
        Say("configured", Settings());
        using var model = new LeNet300100();
        using var optimizer = optim.SGD(model.parameters(), 0.1);
        Say("session", After(() => new Session(s_schedule.On(model, 5), model, optimizer)));
        Say("computation", After(() => new Computation(model)));
    }

    /// <summary>Computes without <see cref="TorchRuntime.Configure"/>, and says what came of it.</summary>
    public static void ComputeUnconfigured()
    {
        var model = new LeNet300100();
        var own = nn.Sequential(("flat", nn.Flatten()), ("fc", nn.Linear(12, 10)));
        Try("session", () => new Session(s_schedule.On(model, 5), model, optim.SGD(model.parameters(), 0.1)));
        Try("computation", () => new Computation(model));
        Try("lenet-300-100", () => model.call(ones(2, 1, 28, 28)));
        Try("lenet-5", () => new LeNet5().call(ones(2, 1, 28, 28)));
        Try("char-lstm", () => new CharLstm().call(zeros([2, 3], ScalarType.Int64)));
        Try("neural-talk", () => new NeuralTalk(8, 10, 0.1).call(ones(2, 8), zeros([2, 3], ScalarType.Int64)));
        Try("deep-speech-2", () => new DeepSpeech2(161, 29, 0.1).call(ones(1, 30, 161), tensor([30L])));
        Try("loss", () => new ImageClassification(Tiny.Dataset(), 4, seed: 1).Loss(own, 0));
        Try("evaluate", () => new ImageClassification(Tiny.Dataset(), 4, seed: 1).Evaluate(own, DataSplit.Test));
        Try("text loss", () => new LanguageModelling(Text(), 2, seed: 1).Loss(own, 0));
    }

    /// <summary>The first weights and outputs of a network, after something else was constructed.</summary>
    public static void Digits(string before)
    {
        TorchRuntime.Configure();
        object? other = before switch
        {
            "network" => new LeNet300100(),
            "task" => new ImageClassification(Tiny.Dataset(), 4, seed: 1),
            "session" => Session(new LeNet300100()),
            "computation" => new Computation(new LeNet5()),
            _ => null,
        };
        manual_seed(5);
        using var model = new LeNet5();
        using var output = model.call(randn(8, 1, 28, 28));
        using var loss = output.square().mean();
        loss.backward();
        Say("weights", Hash(model.parameters()));
        Say("output", Hash([output]));
        Say("gradients", Hash(model.parameters().Select(p => p.grad!)));
        GC.KeepAlive(other);
    }

    /// <summary>Configures with some options off, and says what is in effect.</summary>
    public static void State(string[] off)
    {
        RunInitialisers();
        var options = new TorchRuntimeOptions();
        foreach (var name in off)
        {
            options = name switch
            {
                nameof(TorchRuntimeOptions.CheckedOneDnn) => options.WithCheckedOneDnn(false),
                nameof(TorchRuntimeOptions.NoNnpack) => options.WithNoNnpack(false),
                nameof(TorchRuntimeOptions.WideMkl) => options.WithWideMkl(false),
                nameof(TorchRuntimeOptions.KeptMemory) => options.WithKeptMemory(false),
                _ => options.WithKeptScalars(false),
            };
        }

        TorchRuntime.Configure(off is ["environment"] ? null : options);
        foreach (var (name, intervention) in TorchRuntime.State!.Interventions())
        {
            Say(name, $"{intervention.Status}");
        }

        Say("settings", Settings());
        using var model = new LeNet300100();
        using var optimizer = optim.SGD(model.parameters(), 0.1);
        using var session = new Session(s_schedule.On(model, 5), model, optimizer);
        session.BeginStep();
        Say("collector", $"{GCSettings.LatencyMode}");
    }

    /// <summary>Says which hooks the first use of the assemblies installed, and what would be configured. Loads nothing: without its hook TorchSharp may copy all of libtorch.</summary>
    public static void Hooks()
    {
        RunInitialisers();
        Say("native", $"{Handlers("_resolvingUnmanagedDll")}");
        Say("managed", $"{Handlers("_resolving")}");
        Say("option", $"{TorchRuntimeOptions.FromEnvironment().NativeLoading}");
    }

    private static Session Session(nn.Module model) => new(s_schedule.On(model, 5), model, optim.SGD(model.parameters(), 0.1));

    private static TextDataset Text() => new("tiny", [new("one", "abababababab")], [new("two", "abababab")], [new("three", "abababab")], windowLength: 4);

    /// <summary>Uses the assemblies, which hook the loading of what is missing, as is documented.</summary>
    private static void RunInitialisers()
    {
        foreach (var type in new[] { typeof(DsdException), typeof(Session), typeof(LeNet5), typeof(ImageClassification) })
        {
            RuntimeHelpers.RunModuleConstructor(type.Module.ModuleHandle);
        }
    }

    /// <summary>The settings of the process after something was made; random numbers are drawn for a network's weights alone.</summary>
    private static string After(Func<object> make)
    {
        manual_seed(3);
        using var random = get_rng_state();
        var made = make();
        var settings = Settings();
        using var now = get_rng_state();
        var isDrawn = random.ne(now).any().item<bool>() && made is not nn.Module;
        (made as IDisposable)?.Dispose();
        return settings + (isDrawn ? "; random numbers were drawn" : "");
    }

    private static string Settings() => string.Join(
        "; ",
        $"oneDNN {OneDnn.IsEnabled}",
        $"MKL {MklKernels.BelievesIntel}",
        $"keeps memory {KeepsMemory()}",
        $"collector {GCSettings.LatencyMode}",
        $"threads {get_num_threads()} {get_num_interop_threads()}",
        $"handlers {Handlers("_resolvingUnmanagedDll")} {Handlers("_resolving")}");

    /// <summary>Whether a large block comes from memory that the C library keeps, not from the system.</summary>
    private static unsafe bool KeepsMemory()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var before = mallinfo2().hblkhd;
        var block = NativeMemory.Alloc(Block);
        var mapped = mallinfo2().hblkhd - before;
        NativeMemory.Free(block);
        return mapped < Block;
    }

    private static int Handlers(string field) => new[] { AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(typeof(FreshProcess).Assembly)! }.Distinct()
        .Sum(context => (typeof(AssemblyLoadContext).GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(context) as Delegate)?.GetInvocationList().Length ?? 0);

    private static string Hash(IEnumerable<Tensor> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in tensors)
        {
            hash.AppendData(MemoryMarshal.AsBytes<float>(tensor.detach().contiguous().data<float>().ToArray()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Try(string name, Func<object> compute)
    {
        try
        {
            compute();
            Say(name, "computed");
        }
        catch (DsdException e)
        {
            Say(name, e.Message);
        }
    }

    private static void Say(string name, string what) => Console.WriteLine($"{name}: {what}");

    [LibraryImport("libc.so.6")]
    private static partial MemoryInfo mallinfo2();

    [StructLayout(LayoutKind.Sequential)]
    private struct MemoryInfo
    {
        public nuint arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
    }
}
