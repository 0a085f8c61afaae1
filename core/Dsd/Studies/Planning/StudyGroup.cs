using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>A group that is evaluated together: its arms, each with its candidate treatments, of which the best on validation counts.</summary>
/// <param name="Name">The name of a variant, or of a training config if its variants are the candidates; empty for a single group.</param>
/// <param name="Arms">Each arm with its candidates, at least one.</param>
internal sealed record StudyGroup(string Name, ValueList<(StudyArm Arm, ValueList<ArmCandidate> Candidates)> Arms);
