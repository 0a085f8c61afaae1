using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>Finds the common leading steps of several plans, which can be trained once.</summary>
internal static class SharedPrefix
{
    /// <summary>Counts the leading steps that all plans share: whole phases that train equally.</summary>
    /// <param name="plans">The plans, at least one.</param>
    public static long Steps(IReadOnlyList<Plan> plans)
    {
        ArgumentNullException.ThrowIfNull(plans);
        var shared = 0;
        while (plans.All(p => shared < p.Phases.Count && SameTraining(p.Phases[shared], plans[0].Phases[shared])))
        {
            shared++;
        }

        return shared == plans[0].Phases.Count ? plans[0].TotalSteps : plans[0].Phases[shared].FirstStep;
    }

    /// <summary>True if two phases at the same place train in the same way, whatever their names.</summary>
    internal static bool SameTraining(PlannedPhase a, PlannedPhase b) =>
        a.Steps == b.Steps
        && ((a.IsDense && b.IsDense && a.Phase.AsDense().WithName("x") == b.Phase.AsDense().WithName("x")) || (a.Phase == b.Phase && a.Layers == b.Layers));
}
