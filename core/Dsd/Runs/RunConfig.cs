using System.Runtime.CompilerServices;
using Dsd.Schedules;

namespace Dsd.Runs;

/// <summary>Everything needed to run again, as plain data: what is trained, by which schedules, from which seed, computed how.</summary>
/// <remarks>
/// <c>run.json</c> in the folder of a run holds it; <c>dsd train --config run.json</c> runs it again, with the same digits on one thread of the same
/// kind of processor. A network or data set of one's own is known by its name alone.
/// </remarks>
public sealed record RunConfig
{
    /// <summary>The default of <see cref="Seed"/>: 1.</summary>
    public const long DefaultSeed = 1;

    /// <summary>The default of <see cref="Device"/>: a GPU where there is one.</summary>
    public const string AutomaticDevice = "auto";

    /// <summary>Describes a run.</summary>
    /// <param name="training">The network, the data, and how it learns from them.</param>
    /// <param name="schedule">The schedule under test.</param>
    /// <param name="arms">The arms, at least one, with different names. Default null: the schedule (<c>dsd</c>) and its fair control (<c>control</c>).</param>
    /// <param name="seed">The seed of initial weights, data order, dropout and redrawn weights. Default 1.</param>
    /// <param name="logEverySteps">Steps between two samples of the training loss, at least 1. Default null: some 200 samples a run, 50 steps apart at most.</param>
    /// <param name="readTest">Whether the test split is measured, once for each arm, at its end. Default true.</param>
    /// <param name="precision">The numbers to compute in; weights stay 32-bit. Default <see cref="Precision.Fp32"/>.</param>
    /// <param name="layout">The order of activations in memory. Default: the one that pays.</param>
    /// <param name="device"><c>"auto"</c>, <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>. Default <c>"auto"</c>: a GPU where there is one.</param>
    /// <param name="threads">CPU threads, at least 1; 1 gives the same bits every time. Default null: libtorch's choice.</param>
    /// <param name="dataRoot">The folder of data sets. Default null: where this machine keeps them.</param>
    /// <param name="weights">A .safetensors file of the weights to start from. Default null: random ones.</param>
    /// <exception cref="ArgumentException">Two arms have one name or there is none, the device is not one of those, or a number is outside its range.</exception>
    public RunConfig(
        TrainingConfig training,
        Schedule schedule,
        IEnumerable<Arm>? arms = null,
        long seed = DefaultSeed,
        int? logEverySteps = null,
        bool readTest = true,
        Precision precision = Precision.Fp32,
        MemoryLayout layout = MemoryLayout.Automatic,
        string device = AutomaticDevice,
        int? threads = null,
        string? dataRoot = null,
        string? weights = null)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(device);
        Training = training;
        Schedule = schedule;
        Arms = (arms ?? [Arm.Dsd(schedule), Arm.Control(schedule)]).ToValueList();
        Seed = seed;
        LogEverySteps = logEverySteps;
        ReadTest = readTest;
        Precision = precision;
        Layout = layout;
        Device = device;
        Threads = threads;
        DataRoot = dataRoot;
        Weights = weights;
    }

    /// <summary>The network, the data, and how it learns from them.</summary>
    public TrainingConfig Training { get; private init; }

    /// <summary>The schedule under test.</summary>
    public Schedule Schedule { get; private init; }

    /// <summary>The arms, in order.</summary>
    public ValueList<Arm> Arms
    {
        get;
        private init => field = InRange(value, value.Count > 0 && value.Select(a => a.Name).Distinct().Count() == value.Count, "A run needs at least one arm, and each its own name.");
    }

    /// <summary>The seed of initial weights, data order, dropout and redrawn weights.</summary>
    public long Seed { get; private init; }

    /// <summary>Steps between two samples of the training loss, or null for some 200 samples.</summary>
    public int? LogEverySteps { get; private init => field = InRange(value, value is null or >= 1, "The training loss can be sampled every 1 step or more."); }

    /// <summary>Whether the test split is measured, once for each arm, at its end.</summary>
    public bool ReadTest { get; private init; }

    /// <summary>The numbers to compute in.</summary>
    public Precision Precision { get; private init; }

    /// <summary>The order of activations in memory.</summary>
    public MemoryLayout Layout { get; private init; }

    /// <summary><c>"auto"</c>, <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>.</summary>
    public string Device
    {
        get;
        private init => field = value is AutomaticDevice or "cpu" or "cuda" || (value.StartsWith("cuda:", StringComparison.Ordinal) && byte.TryParse(value[5..], out _))
            ? value
            : throw new ArgumentException($"'{value}' is no device; allowed are auto, cpu, cuda and cuda:N.", Parameter());
    }

    /// <summary>CPU threads, or null for libtorch's choice.</summary>
    public int? Threads { get; private init => field = InRange(value, value is null or >= 1, "A run has at least 1 thread; leave it out for libtorch's choice."); }

    /// <summary>The folder of data sets, or null for where this machine keeps them.</summary>
    public string? DataRoot { get; private init; }

    /// <summary>The file of the weights to start from, or null for random ones.</summary>
    public string? Weights { get; private init; }

    /// <summary>Reads a config from JSON, as <c>run.json</c> has it.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonFormatException">The text is not a run's config; the message says where and why.</exception>
    public static RunConfig FromJson(string json) => RunConfigJson.Read(json);

    /// <summary>The config as JSON, with every field and every constant of its optimiser, so that it means the same whatever defaults become.</summary>
    public string ToJson() => RunConfigJson.Write(this);

    /// <summary>This config with single values changed.</summary>
    /// <param name="assignments">
    /// <c>PATH=VALUE</c> each, in order, such as <c>"seed=2"</c>, <c>"optimizer.beta2=0.99"</c>, <c>"sparse.sparsity=0.4"</c> (a phase by its name) or
    /// <c>"phases.1.rate=0.01"</c> (by its place, from 0). A value is JSON, or else a text; another <c>optimizer.kind</c> comes with its own default constants.
    /// </param>
    /// <exception cref="DsdException">A path leads nowhere or a value does not fit; every such problem is a line of the message.</exception>
    public RunConfig Set(params string[] assignments) => RunConfigEdit.Apply(this, assignments);

    /// <summary>This config with another network, other data or other ways of learning from them.</summary>
    /// <param name="training">What is trained.</param>
    public RunConfig WithTraining(TrainingConfig training) => this with { Training = training };

    /// <summary>This config with another schedule; the arms <c>dsd</c> and <c>control</c> follow it.</summary>
    /// <param name="schedule">The schedule under test.</param>
    public RunConfig WithSchedule(Schedule schedule)
    {
        var (dsd, control) = (Arm.Dsd(Schedule), Arm.Control(Schedule));
        return this with
        {
            Schedule = schedule,
            Arms = Arms.Select(a => a == dsd ? Arm.Dsd(schedule) : a == control ? Arm.Control(schedule) : a).ToValueList(),
        };
    }

    /// <summary>This config with other arms.</summary>
    /// <param name="arms">The arms, at least one, with different names.</param>
    public RunConfig WithArms(IEnumerable<Arm> arms) => this with { Arms = arms.ToValueList() };

    /// <summary>This config with another seed.</summary>
    /// <param name="seed">The seed.</param>
    public RunConfig WithSeed(long seed) => this with { Seed = seed };

    /// <summary>This config with another interval between samples of the training loss.</summary>
    /// <param name="logEverySteps">Steps, at least 1, or null for some 200 samples.</param>
    public RunConfig WithLogEverySteps(int? logEverySteps) => this with { LogEverySteps = logEverySteps };

    /// <summary>This config with or without the measurement on the test split.</summary>
    /// <param name="readTest">Whether the test split is measured.</param>
    public RunConfig WithReadTest(bool readTest) => this with { ReadTest = readTest };

    /// <summary>This config in another precision.</summary>
    /// <param name="precision">The numbers to compute in.</param>
    public RunConfig WithPrecision(Precision precision) => this with { Precision = precision };

    /// <summary>This config with another memory layout.</summary>
    /// <param name="layout">The order of activations in memory.</param>
    public RunConfig WithLayout(MemoryLayout layout) => this with { Layout = layout };

    /// <summary>This config on another device.</summary>
    /// <param name="device"><c>"auto"</c>, <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>.</param>
    public RunConfig WithDevice(string device) => this with { Device = device };

    /// <summary>This config with another number of CPU threads.</summary>
    /// <param name="threads">At least 1, or null for libtorch's choice.</param>
    public RunConfig WithThreads(int? threads) => this with { Threads = threads };

    /// <summary>This config with another folder of data sets.</summary>
    /// <param name="dataRoot">The folder, or null for where this machine keeps them.</param>
    public RunConfig WithDataRoot(string? dataRoot) => this with { DataRoot = dataRoot };

    /// <summary>This config from other initial weights.</summary>
    /// <param name="weights">A .safetensors file, or null for random ones.</param>
    public RunConfig WithWeights(string? weights) => this with { Weights = weights };

    private static T InRange<T>(T value, bool isInRange, string rule, [CallerMemberName] string property = "") =>
        isInRange ? value : throw new ArgumentException(rule, Parameter(property));

    private static string Parameter([CallerMemberName] string property = "") => char.ToLowerInvariant(property[0]) + property[1..];
}
