using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>An arm with its plan, so that the plan shown is the plan trained.</summary>
public sealed record PlannedArm
{
    /// <summary>Creates an arm from a plan.</summary>
    /// <param name="name">The name in tables, records and folders, as of an <see cref="Schedules.Arm"/>.</param>
    /// <param name="plan">The plan.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> cannot name an arm.</exception>
    public PlannedArm(string name, Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Arm = new Arm(name, plan.Schedule);
        Plan = plan;
    }

    /// <summary>The name and schedule.</summary>
    public Arm Arm { get; }

    /// <summary>The plan.</summary>
    public Plan Plan { get; }

    /// <summary>The name in tables, records and folders.</summary>
    public string Name => Arm.Name;
}
