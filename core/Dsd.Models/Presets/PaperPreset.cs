using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Models;

/// <summary>A training recipe of the paper for one network: schedule, training config and published results.</summary>
/// <remarks>Han et al., "DSD: Dense-Sparse-Dense training for deep neural networks", ICLR 2017, arXiv 1607.04381.</remarks>
public sealed record PaperPreset
{
    private readonly SmallScale _small;

    internal PaperPreset(Schedule schedule, TrainingConfig config, SmallScale small, string source, ValueList<(string Metric, string Stage, double Value)> figures) =>
        (Schedule, Config, _small, Source, Figures) = (schedule, config, small, source, figures);

    /// <summary>The phases with the paper's lengths in epochs, starting learning rates, sparsity and layers; each phase decays its rate to a hundredth.</summary>
    public Schedule Schedule { get; }

    /// <summary>The network at full size on the paper's data.</summary>
    public TrainingConfig Config { get; }

    /// <summary>The scaled-down training config, which trains on two CPU cores in minutes: a narrower network, smaller images, other data, and an optimiser chosen on validation data.</summary>
    public TrainingConfig SmallConfig => _small.Config;

    /// <summary>The epochs of all phases of <see cref="SmallSchedule"/> in total.</summary>
    public double SmallEpochs => _small.Epochs;

    /// <summary>The factor that <see cref="SmallSchedule"/> applies to every learning rate of the paper.</summary>
    public double SmallRateFactor => _small.RateFactor;

    /// <summary>The schedule at small scale: phases in the same proportions, learning rates in the same ratios.</summary>
    public Schedule SmallSchedule => Schedule.ScaledTo(Duration.Epochs(SmallEpochs)).WithRatesTimes(SmallRateFactor);

    /// <summary>The place of the schedule in the paper, and the parts that this library adds.</summary>
    public string Source { get; }

    /// <summary>The results that the paper reports: the metric with its unit, e.g. <c>"top-1 error, %"</c>; the stage of training, e.g. <c>"baseline"</c>, <c>"sparse"</c> or <c>"DSD"</c>; and the value as printed.</summary>
    public ValueList<(string Metric, string Stage, double Value)> Figures { get; }
}
