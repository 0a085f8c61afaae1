using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>An arm with its plan: what was shown is what will be trained.</summary>
public sealed record PlannedArm
{
    /// <summary>Names a plan as an arm.</summary>
    /// <param name="name">Its name in tables, records and folders, as of an <see cref="Schedules.Arm"/>.</param>
    /// <param name="plan">Its plan.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> cannot name an arm.</exception>
    public PlannedArm(string name, Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Arm = new Arm(name, plan.Schedule);
        Plan = plan;
    }

    /// <summary>Its name and schedule.</summary>
    public Arm Arm { get; }

    /// <summary>Its plan.</summary>
    public Plan Plan { get; }

    /// <summary>Its name in tables, records and folders.</summary>
    public string Name => Arm.Name;
}
