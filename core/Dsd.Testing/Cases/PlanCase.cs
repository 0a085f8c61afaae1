using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>A schedule, a network and a number of steps per epoch that go together: a plan can be made of them.</summary>
/// <param name="Schedule">The schedule.</param>
/// <param name="Shape">The network.</param>
/// <param name="StepsPerEpoch">The steps of an epoch, at least 1.</param>
public sealed record PlanCase(Schedule Schedule, ModelShape Shape, int StepsPerEpoch)
{
    /// <summary>Resolves the plan.</summary>
    public Plan Resolve() => Plan.Resolve(Schedule, Shape, StepsPerEpoch);

    /// <summary>Formats the case: the steps of an epoch, the schedule as JSON, and the parameters.</summary>
    public override string ToString() =>
        $"{StepsPerEpoch} steps an epoch\n{Schedule.ToJson()}\n{string.Join('\n', Shape.Parameters.Select(p => $"{p.Name} {p.Kind} {p.DimsText}{(p.IsBias ? " bias" : "")} {p.SharedWith}"))}";
}
