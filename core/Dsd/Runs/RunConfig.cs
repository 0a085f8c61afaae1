using System.Runtime.CompilerServices;
using Dsd.Schedules;

namespace Dsd.Runs;

/// <summary>Everything needed to repeat a run, as plain data: network, data, schedules, seed and computation.</summary>
/// <remarks>
/// A run folder holds it as <c>run.json</c>; <c>dsd train --config run.json</c> repeats the run, with the same digits on one thread of the same
/// kind of processor. Of a custom network or data set it holds only the name.
/// </remarks>
public sealed record RunConfig
{
    /// <summary>The default of <see cref="Seed"/>: 1.</summary>
    public const long DefaultSeed = 1;

    /// <summary>The default of <see cref="Device"/>: a GPU if there is one.</summary>
    public const string AutomaticDevice = "auto";

    /// <summary>Describes a run.</summary>
    /// <param name="training">The network, the data, and the settings of training.</param>
    /// <param name="schedule">The schedule under test.</param>
    /// <param name="arms">The arms, at least one, with different names. Default null: the schedule (<c>dsd</c>) and its fair control (<c>control</c>).</param>
    /// <param name="seed">The seed of initial weights, data order, dropout and redrawn weights. Default 1.</param>
    /// <param name="logEverySteps">Steps between two samples of the training loss, at least 1. Default null: about 200 samples per run, at most 50 steps apart.</param>
    /// <param name="readTest">True to evaluate each arm on the test split, once, at its end. Default true.</param>
    /// <param name="precision">The number format of computations; weights stay 32-bit. Default <see cref="Precision.Fp32"/>.</param>
    /// <param name="layout">The memory layout of activations. Default: the faster one.</param>
    /// <param name="device"><c>"auto"</c>, <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>. Default <c>"auto"</c>: a GPU if there is one.</param>
    /// <param name="threads">CPU threads, at least 1; 1 gives the same bits every time. Default null: libtorch's choice.</param>
    /// <param name="dataRoot">The folder of data sets. Default null: this machine's default folder.</param>
    /// <param name="init">The weights to start from: a .safetensors file, the index of its shards, or a folder that holds one of either. Default null: random ones.</param>
    /// <param name="initExcept">Globs on names of parameters and buffers that start at random all the same, such as <c>"fc.*"</c>. Default null: none.</param>
    /// <param name="checkpointEvery">The interval between checkpoints, besides those at the ends of phases. Default null: every ten minutes, or every epoch where values that are not finite lead to a rollback.</param>
    /// <param name="onNonFinite">The reaction to values that are not finite. Default <see cref="NonFiniteAction.Stop"/>.</param>
    /// <param name="masks">The weight file of given masks by the name that schedules use: a .safetensors file, the index of its shards, or a folder that holds one of either. Default null: none.</param>
    /// <param name="capture">The use of CUDA graphs. Default <see cref="StepCapture.Automatic"/>.</param>
    /// <exception cref="ArgumentException">
    /// Two arms or masks have the same name or there is no arm, the device is not one of those, a number is outside its range, there are exceptions from no file, or a name or path of masks is empty.
    /// </exception>
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
        string? init = null,
        IEnumerable<string>? initExcept = null,
        CheckpointInterval? checkpointEvery = null,
        NonFiniteAction onNonFinite = NonFiniteAction.Stop,
        IEnumerable<KeyValuePair<string, string>>? masks = null,
        StepCapture capture = StepCapture.Automatic)
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
        Init = init;
        InitExcept = (initExcept ?? []).ToValueList();
        CheckpointEvery = checkpointEvery ?? CheckpointInterval.DefaultFor(onNonFinite);
        OnNonFinite = onNonFinite;
        Capture = Defined.Value(capture);
        Masks = (masks ?? []).ToValueList();
        CheckInit();
    }

    /// <summary>The network, the data, and the settings of training.</summary>
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

    /// <summary>Steps between two samples of the training loss, or null for about 200 samples.</summary>
    public int? LogEverySteps { get; private init => field = InRange(value, value is null or >= 1, "The training loss can be sampled every 1 step or more."); }

    /// <summary>True if each arm is evaluated on the test split, once, at its end.</summary>
    public bool ReadTest { get; private init; }

    /// <summary>The number format of computations.</summary>
    public Precision Precision { get; private init; }

    /// <summary>The memory layout of activations.</summary>
    public MemoryLayout Layout { get; private init; }

    /// <summary>The device: <c>"auto"</c>, <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>.</summary>
    public string Device
    {
        get;
        private init => field = value == AutomaticDevice || DeviceName.IsValid(value)
            ? value
            : throw new ArgumentException($"'{value}' is no device; allowed are auto, cpu, cuda and cuda:N.", Parameter());
    }

    /// <summary>CPU threads, or null for libtorch's choice.</summary>
    public int? Threads { get; private init => field = InRange(value, value is null or >= 1, "A run has at least 1 thread; leave it out for libtorch's choice."); }

    /// <summary>The folder of data sets, or null for this machine's default folder.</summary>
    public string? DataRoot { get; private init; }

    /// <summary>The file or folder of the weights to start from, or null for random ones.</summary>
    public string? Init { get; private init; }

    /// <summary>The globs on names of parameters and buffers that start at random though <see cref="Init"/> is given.</summary>
    public ValueList<string> InitExcept { get; private init; }

    /// <summary>The interval between checkpoints, besides those at the ends of phases.</summary>
    public CheckpointInterval CheckpointEvery { get; private init; }

    /// <summary>The reaction to values that are not finite.</summary>
    public NonFiniteAction OnNonFinite { get; private init; }

    /// <summary>The use of CUDA graphs.</summary>
    public StepCapture Capture { get; private init; }

    /// <summary>The weight files of given masks by the name that schedules use, with <see cref="GivenMasks.Named"/>.</summary>
    public ValueList<KeyValuePair<string, string>> Masks
    {
        get;
        private init => field = InRange(
            value,
            value.All(m => !string.IsNullOrWhiteSpace(m.Key) && !string.IsNullOrWhiteSpace(m.Value)) && value.Select(m => m.Key).Distinct().Count() == value.Count,
            "Given masks have a name each, once, and the path of their file.");
    }

    /// <summary>Reads a config from JSON in the format of <c>run.json</c>.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonFormatException">The text is not a run config; the message says where and why.</exception>
    public static RunConfig FromJson(string json) => RunConfigJson.Read(json);

    /// <summary>Writes the config as JSON, with every field and every constant of its optimiser, so that later changes of defaults do not affect it.</summary>
    public string ToJson() => RunConfigJson.Write(this);

    /// <summary>Returns this config with single values changed.</summary>
    /// <param name="assignments">
    /// <c>PATH=VALUE</c> each, in order, such as <c>"seed=2"</c>, <c>"optimizer.beta2=0.99"</c>, <c>"sparse.sparsity=0.4"</c> (a phase by its name) or
    /// <c>"phases.1.rate=0.01"</c> (by its index, from 0). A value is JSON, or otherwise a string; another <c>optimizer.kind</c> comes with its own default constants.
    /// </param>
    /// <exception cref="DsdException">A path does not exist or a value is invalid; the message has one line for each such problem.</exception>
    public RunConfig Set(params string[] assignments) => RunConfigEdit.Apply(this, assignments);

    /// <summary>Returns this config with another network, other data or other settings of training.</summary>
    /// <param name="training">The network, the data, and the settings of training.</param>
    public RunConfig WithTraining(TrainingConfig training) => this with { Training = training };

    /// <summary>Returns this config with another schedule; its control and the arms with the schedule under test follow it.</summary>
    /// <param name="schedule">The schedule under test.</param>
    public RunConfig WithSchedule(Schedule schedule)
    {
        var control = Arm.Control(Schedule);
        return this with
        {
            Schedule = schedule,
            Arms = Arms.Select(a => a == control ? Arm.Control(schedule) : a.Schedule == Schedule ? new Arm(a.Name, schedule) : a).ToValueList(),
        };
    }

    /// <summary>Returns this config with other arms.</summary>
    /// <param name="arms">The arms, at least one, with different names.</param>
    public RunConfig WithArms(IEnumerable<Arm> arms) => this with { Arms = arms.ToValueList() };

    /// <summary>Returns this config with another seed.</summary>
    /// <param name="seed">The seed.</param>
    public RunConfig WithSeed(long seed) => this with { Seed = seed };

    /// <summary>Returns this config with another interval between samples of the training loss.</summary>
    /// <param name="logEverySteps">Steps, at least 1, or null for about 200 samples.</param>
    public RunConfig WithLogEverySteps(int? logEverySteps) => this with { LogEverySteps = logEverySteps };

    /// <summary>Returns this config with or without the evaluation on the test split.</summary>
    /// <param name="readTest">True to evaluate on the test split.</param>
    public RunConfig WithReadTest(bool readTest) => this with { ReadTest = readTest };

    /// <summary>Returns this config with another precision.</summary>
    /// <param name="precision">The number format of computations.</param>
    public RunConfig WithPrecision(Precision precision) => this with { Precision = precision };

    /// <summary>Returns this config with another memory layout.</summary>
    /// <param name="layout">The memory layout of activations.</param>
    public RunConfig WithLayout(MemoryLayout layout) => this with { Layout = layout };

    /// <summary>Returns this config with another device.</summary>
    /// <param name="device"><c>"auto"</c>, <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>.</param>
    public RunConfig WithDevice(string device) => this with { Device = device };

    /// <summary>Returns this config with another number of CPU threads.</summary>
    /// <param name="threads">At least 1, or null for libtorch's choice.</param>
    public RunConfig WithThreads(int? threads) => this with { Threads = threads };

    /// <summary>Returns this config with another folder of data sets.</summary>
    /// <param name="dataRoot">The folder, or null for this machine's default folder.</param>
    public RunConfig WithDataRoot(string? dataRoot) => this with { DataRoot = dataRoot };

    /// <summary>Returns this config with other initial weights.</summary>
    /// <param name="init">A .safetensors file, the index of its shards, a folder that holds one of either, or null for random ones.</param>
    /// <param name="initExcept">Globs on names of parameters and buffers that start at random all the same. Default null: none.</param>
    /// <exception cref="ArgumentException">There are exceptions from no file.</exception>
    public RunConfig WithInit(string? init, IEnumerable<string>? initExcept = null)
    {
        var changed = this with { Init = init, InitExcept = (initExcept ?? []).ToValueList() };
        changed.CheckInit();
        return changed;
    }

    private void CheckInit()
    {
        if (Init is null && InitExcept.Count > 0)
        {
            throw new ArgumentException($"{string.Join(", ", InitExcept)} cannot be excepted from initial weights, since none are given; without a file all start at random.", Parameter(nameof(InitExcept)));
        }

        if (InitExcept.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException("A pattern of names that start at random is empty; write one such as fc.*.", Parameter(nameof(InitExcept)));
        }
    }

    /// <summary>Returns this config with another interval between checkpoints.</summary>
    /// <param name="checkpointEvery">The interval.</param>
    public RunConfig WithCheckpointEvery(CheckpointInterval checkpointEvery) => this with { CheckpointEvery = checkpointEvery };

    /// <summary>Returns this config with another reaction to values that are not finite.</summary>
    /// <param name="onNonFinite">The reaction.</param>
    public RunConfig WithOnNonFinite(NonFiniteAction onNonFinite) => this with { OnNonFinite = onNonFinite };

    /// <summary>Returns this config with another use of CUDA graphs.</summary>
    /// <param name="capture">The use.</param>
    public RunConfig WithCapture(StepCapture capture) => this with { Capture = Defined.Value(capture) };

    /// <summary>Returns this config with other files of given masks.</summary>
    /// <param name="masks">The weight file by the name that schedules use.</param>
    /// <exception cref="ArgumentException">A name is given twice, or a name or path is empty.</exception>
    public RunConfig WithMasks(IEnumerable<KeyValuePair<string, string>> masks) => this with { Masks = masks.ToValueList() };

    private static T InRange<T>(T value, bool isInRange, string rule, [CallerMemberName] string property = "") =>
        isInRange ? value : throw new ArgumentException(rule, Parameter(property));

    private static string Parameter([CallerMemberName] string property = "") => char.ToLowerInvariant(property[0]) + property[1..];
}
