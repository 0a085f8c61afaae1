using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Models;

/// <summary>How a network was trained in the paper: its schedule, the rest of its settings, and the figures that came of it.</summary>
/// <remarks>Han et al., "DSD: Dense-Sparse-Dense training for deep neural networks", ICLR 2017, arXiv 1607.04381.</remarks>
public sealed record PaperPreset
{
    /// <summary>Describes a preset.</summary>
    /// <param name="schedule">The phases with the paper's lengths in epochs, starting rates, sparsity and layers.</param>
    /// <param name="setting">The network at full size on the paper's data.</param>
    /// <param name="small">The same at a size that two processor cores carry.</param>
    /// <param name="source">Where in the paper the schedule stands, and what of it is ours.</param>
    /// <param name="figures">What the paper reports.</param>
    /// <exception cref="ArgumentException"><paramref name="source"/> is empty.</exception>
    public PaperPreset(Schedule schedule, TrainingConfig setting, SmallScale small, string source, ValueList<PaperFigure> figures)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(small);
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentNullException.ThrowIfNull(figures);
        Schedule = schedule;
        Config = setting;
        Small = small;
        Source = source;
        Figures = figures;
    }

    /// <summary>The phases with the paper's lengths in epochs, starting rates, sparsity and layers; each lets its rate fall to a hundredth.</summary>
    public Schedule Schedule { get; }

    /// <summary>The network at full size on the paper's data.</summary>
    public TrainingConfig Config { get; }

    /// <summary>The same at a size that two processor cores carry.</summary>
    public SmallScale Small { get; }

    /// <summary>The schedule at small scale: the same phases in proportion, their rates in the same ratios.</summary>
    public Schedule SmallSchedule => Schedule.ScaledTo(Duration.Epochs(Small.Epochs)).WithRatesTimes(Small.RateFactor);

    /// <summary>Where in the paper the schedule stands, and what of it is ours.</summary>
    public string Source { get; }

    /// <summary>What the paper reports.</summary>
    public ValueList<PaperFigure> Figures { get; }
}
