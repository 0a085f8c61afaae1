using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>What several plans have in common at their beginning, and so can be trained once.</summary>
public static class SharedPrefix
{
    /// <summary>How many leading steps are the same in all plans: whole phases with equal training in each.</summary>
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

    /// <summary>Whether two phases at the same place train alike, whatever they are called.</summary>
    internal static bool SameTraining(PlannedPhase a, PlannedPhase b) =>
        a.Steps == b.Steps
        && ((a.IsDense && b.IsDense && a.Phase.AsDense().WithName("x") == b.Phase.AsDense().WithName("x")) || (a.Phase == b.Phase && a.Layers == b.Layers));
}
