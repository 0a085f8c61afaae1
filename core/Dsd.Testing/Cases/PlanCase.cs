using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>A schedule, a network and a number of steps an epoch that go together: a plan can be made of them.</summary>
public sealed record PlanCase(Schedule Schedule, ModelShape Shape, int StepsPerEpoch)
{
    public Plan Resolve() => Plan.Resolve(Schedule, Shape, StepsPerEpoch);

    public override string ToString() =>
        $"{StepsPerEpoch} steps an epoch\n{Schedule.ToJson()}\n{string.Join('\n', Shape.Parameters.Select(p => $"{p.Name} {p.Kind} {p.DimsText}{(p.IsBias ? " bias" : "")} {p.SharedWith}"))}";
}
