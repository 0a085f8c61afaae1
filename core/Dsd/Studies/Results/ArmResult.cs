using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>The result of one arm of a group: the treatment selected on validation and its values on the evaluation split.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="Arm">The arm's name.</param>
/// <param name="Candidates">The candidates, each with its mean on validation over the completed seeds, or null without any, and the seeds that did not complete.</param>
/// <param name="Selected">The candidate with the best mean on validation, preferring those without failures; null before any trial completed.</param>
/// <param name="Values">The main metric of the selected treatment on the evaluation split, by seed.</param>
public sealed record ArmResult(
    string Group,
    string Arm,
    ValueList<(Treatment Treatment, double? Mean, int Missing)> Candidates,
    Treatment? Selected,
    ValueList<(long Seed, double Value)> Values)
{
    /// <summary>The values as a sample; null without any.</summary>
    public Sample? Sample { get; } = Values.Count > 0 ? Statistics.Sample.Of(Values.Select(v => v.Value)) : null;
}
