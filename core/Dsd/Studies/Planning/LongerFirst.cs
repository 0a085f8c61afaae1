using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>A first phase, and the treatment that trains it longer to see whether it has converged.</summary>
/// <param name="Config">The training config.</param>
/// <param name="First">The first phase.</param>
/// <param name="Treatment">The longer phase alone.</param>
internal sealed record LongerFirst(TrainingConfig Config, Phase First, Treatment Treatment)
{
    /// <summary>True if a treatment begins with this first phase.</summary>
    public bool IsOf(Treatment treatment) => Config == treatment.Config && First == treatment.Plan.Schedule.Phases[0];
}
