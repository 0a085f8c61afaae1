using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Models;

/// <summary>A training recipe of the paper for one network: schedule, run config and published results.</summary>
/// <remarks>Han et al., "DSD: Dense-Sparse-Dense training for deep neural networks", ICLR 2017, arXiv 1607.04381.</remarks>
public sealed record PaperPreset
{
    /// <summary>Describes a preset.</summary>
    /// <param name="schedule">The phases with the paper's lengths in epochs, starting learning rates, sparsity and layers.</param>
    /// <param name="setting">The network at full size on the paper's data.</param>
    /// <param name="small">A scaled-down version for two CPU cores.</param>
    /// <param name="source">The place of the schedule in the paper, and the parts that this library adds.</param>
    /// <param name="figures">The results that the paper reports.</param>
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

    /// <summary>The phases with the paper's lengths in epochs, starting learning rates, sparsity and layers; each phase decays its rate to a hundredth.</summary>
    public Schedule Schedule { get; }

    /// <summary>The network at full size on the paper's data.</summary>
    public TrainingConfig Config { get; }

    /// <summary>A scaled-down version for two CPU cores.</summary>
    public SmallScale Small { get; }

    /// <summary>The schedule at small scale: phases in the same proportions, learning rates in the same ratios.</summary>
    public Schedule SmallSchedule => Schedule.ScaledTo(Duration.Epochs(Small.Epochs)).WithRatesTimes(Small.RateFactor);

    /// <summary>The place of the schedule in the paper, and the parts that this library adds.</summary>
    public string Source { get; }

    /// <summary>The results that the paper reports.</summary>
    public ValueList<PaperFigure> Figures { get; }
}
