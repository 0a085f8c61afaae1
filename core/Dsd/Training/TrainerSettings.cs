using Dsd.Masks;
using Dsd.Runs;
using Dsd.Torch;

namespace Dsd.Training;

/// <summary>Settings of a trainer, apart from the schedule.</summary>
public sealed record TrainerSettings
{
    /// <summary>Creates settings.</summary>
    /// <param name="seed">Seeds dropout and redrawn weights; data order has the task's own seed. Default 0.</param>
    /// <param name="optimizer">The optimiser. Default: SGD, momentum 0.9, weight decay 0.0005.</param>
    /// <param name="logEverySteps">Steps between two samples of the training loss, at least 1. Default null: 50, or fewer in a run of under 10,000 steps, for about 200 samples.</param>
    /// <param name="gradientClip">The maximum norm of the gradient, above 0, or null for no limit. Default null.</param>
    /// <param name="readTest">True to evaluate on the test split, once, after the last phase. Default true.</param>
    /// <param name="methods">The custom mask methods that schedules name. Default: none.</param>
    /// <param name="precision">The number format of the network's computations; weights stay 32-bit. Default <see cref="Precision.Fp32"/>.</param>
    /// <param name="layout">The memory layout of activations. Default: the faster one.</param>
    /// <param name="stepHook">Custom code within each step. Default null: none.</param>
    /// <param name="checkpointEvery">The interval between the checkpoints of a run with a folder, besides those at the ends of phases. Default null: every ten minutes, or every epoch where values that are not finite lead to a rollback.</param>
    /// <param name="onNonFinite">The reaction to values that are not finite. Default <see cref="NonFiniteAction.Stop"/>.</param>
    /// <param name="capture">The use of CUDA graphs. Default <see cref="StepCapture.Automatic"/>.</param>
    /// <param name="evaluateEvery">Epochs between two measurements on validation, at least 1; the end of each phase is measured in any case. Default 1.</param>
    /// <param name="evaluateTrain">True to measure all training examples too at the end of each phase. Default false.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number or choice is outside its range.</exception>
    public TrainerSettings(
        long seed = 0,
        OptimizerSettings? optimizer = null,
        int? logEverySteps = null,
        double? gradientClip = null,
        bool readTest = true,
        MaskMethods? methods = null,
        Precision precision = Precision.Fp32,
        MemoryLayout layout = MemoryLayout.Automatic,
        IStepHook? stepHook = null,
        CheckpointInterval? checkpointEvery = null,
        NonFiniteAction onNonFinite = NonFiniteAction.Stop,
        StepCapture capture = StepCapture.Automatic,
        int evaluateEvery = 1,
        bool evaluateTrain = false)
    {
        if (logEverySteps is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(logEverySteps), logEverySteps, "The training loss can be sampled every 1 step or more.");
        }

        if (gradientClip is { } clip && !(clip > 0 && double.IsFinite(clip)))
        {
            throw new ArgumentOutOfRangeException(nameof(gradientClip), clip, "The largest norm of the gradient must be a finite number above 0.");
        }

        if (evaluateEvery < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(evaluateEvery), evaluateEvery, "Validation is measured every 1 epoch or more.");
        }

        Seed = seed;
        Optimizer = optimizer ?? OptimizerSettings.Default;
        LogEverySteps = logEverySteps;
        GradientClip = gradientClip;
        ReadTest = readTest;
        Precision = precision;
        Layout = layout;
        Methods = methods ?? MaskMethods.None;
        StepHook = stepHook;
        CheckpointEvery = checkpointEvery ?? CheckpointInterval.DefaultFor(onNonFinite);
        OnNonFinite = onNonFinite;
        Capture = Defined.Value(capture);
        EvaluateEvery = evaluateEvery;
        EvaluateTrain = evaluateTrain;
    }

    /// <summary>The seed of dropout and redrawn weights.</summary>
    public long Seed { get; }

    /// <summary>The optimiser.</summary>
    public OptimizerSettings Optimizer { get; }

    /// <summary>Steps between two samples of the training loss, or null for about 200 samples, at most 50 steps apart.</summary>
    public int? LogEverySteps { get; }

    /// <summary>The maximum norm of the gradient, or null for no limit.</summary>
    public double? GradientClip { get; }

    /// <summary>True if the test split is evaluated, once, after the last phase.</summary>
    public bool ReadTest { get; }

    /// <summary>The number format of the network's computations.</summary>
    public Precision Precision { get; }

    /// <summary>The memory layout of activations.</summary>
    public MemoryLayout Layout { get; }

    /// <summary>The custom mask methods that schedules name.</summary>
    public MaskMethods Methods { get; }

    /// <summary>Custom code within each step; null for none.</summary>
    public IStepHook? StepHook { get; }

    /// <summary>The interval between the checkpoints of a run with a folder, besides those at the ends of phases.</summary>
    public CheckpointInterval CheckpointEvery { get; }

    /// <summary>The reaction to values that are not finite.</summary>
    public NonFiniteAction OnNonFinite { get; }

    /// <summary>The use of CUDA graphs.</summary>
    public StepCapture Capture { get; }

    /// <summary>Epochs between two measurements on validation; the end of each phase is measured in any case.</summary>
    public int EvaluateEvery { get; }

    /// <summary>True if all training examples are measured too at the end of each phase.</summary>
    public bool EvaluateTrain { get; }

    /// <summary>Creates the recordings of steps, e.g. to try them without a GPU; null for libtorch's graphs.</summary>
    internal Func<IStepGraph>? Graphs { get; init; }

    /// <summary>Creates the settings that a run config describes, and reads the files of its given masks.</summary>
    /// <param name="config">The run config.</param>
    /// <param name="methods">The custom mask methods that schedules name; masks in it take the place of the config's file of that name. Default null: none.</param>
    /// <param name="stepHook">Custom code within each step. Default null: none.</param>
    /// <exception cref="DsdException">A file of given masks is missing, unreadable, or holds no mask.</exception>
    public static TrainerSettings Of(RunConfig config, MaskMethods? methods = null, IStepHook? stepHook = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new(
            config.Seed,
            config.Training.Optimizer,
            config.LogEverySteps,
            config.Training.GradientClip,
            config.ReadTest,
            MaskFiles.Read(config, methods),
            config.Precision,
            config.Layout,
            stepHook,
            config.CheckpointEvery,
            config.OnNonFinite,
            config.Capture);
    }
}
