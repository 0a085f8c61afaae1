using Dsd.Masks;
using Dsd.Runs;

namespace Dsd.Training;

/// <summary>How a trainer trains, apart from the schedule.</summary>
public sealed record TrainerSettings
{
    /// <summary>Creates settings.</summary>
    /// <param name="seed">Seeds dropout and redrawn weights; data order has the task's own seed. Default 0.</param>
    /// <param name="optimizer">The optimiser. Default: SGD, momentum 0.9, weight decay 0.0005.</param>
    /// <param name="logEverySteps">Steps between two samples of the training loss, at least 1. Default null: 50, and fewer in a run of under 10,000 steps, so that it has some 200.</param>
    /// <param name="gradientClip">The largest norm that the gradient may have, above 0, or null for any. Default null.</param>
    /// <param name="readTest">Whether the test split is measured, once, after the last phase. Default true.</param>
    /// <param name="methods">The mask methods of the user's that schedules name. Default: none.</param>
    /// <param name="precision">In which numbers the network is computed; weights stay 32-bit. Default <see cref="Precision.Fp32"/>.</param>
    /// <param name="layout">In which order activations lie in memory. Default: the one that pays.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public TrainerSettings(
        long seed = 0,
        OptimizerSettings? optimizer = null,
        int? logEverySteps = null,
        double? gradientClip = null,
        bool readTest = true,
        MaskMethods? methods = null,
        Precision precision = Precision.Fp32,
        MemoryLayout layout = MemoryLayout.Automatic)
    {
        if (logEverySteps is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(logEverySteps), logEverySteps, "The training loss can be sampled every 1 step or more.");
        }

        if (gradientClip is { } clip && !(clip > 0 && double.IsFinite(clip)))
        {
            throw new ArgumentOutOfRangeException(nameof(gradientClip), clip, "The largest norm of the gradient must be a finite number above 0.");
        }

        Seed = seed;
        Optimizer = optimizer ?? OptimizerSettings.Default;
        LogEverySteps = logEverySteps;
        GradientClip = gradientClip;
        ReadTest = readTest;
        Precision = precision;
        Layout = layout;
        Methods = methods ?? MaskMethods.None;
    }

    /// <summary>Seeds dropout and redrawn weights.</summary>
    public long Seed { get; }

    /// <summary>The optimiser.</summary>
    public OptimizerSettings Optimizer { get; }

    /// <summary>Steps between two samples of the training loss, or null for as many as make some 200 samples, at most 50.</summary>
    public int? LogEverySteps { get; }

    /// <summary>The largest norm that the gradient may have, or null for any.</summary>
    public double? GradientClip { get; }

    /// <summary>Whether the test split is measured, once, after the last phase.</summary>
    public bool ReadTest { get; }

    /// <summary>In which numbers the network is computed.</summary>
    public Precision Precision { get; }

    /// <summary>In which order activations lie in memory.</summary>
    public MemoryLayout Layout { get; }

    /// <summary>The mask methods of the user's that schedules name.</summary>
    public MaskMethods Methods { get; }
}
