using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>What is judged together: one row of arms, each with the treatments of which the best on validation counts.</summary>
/// <param name="Name">A variant's name, or a setting's where the variants of a setting are selected from; empty where there is only one.</param>
/// <param name="Arms">Each arm with its treatments, at least one.</param>
public sealed record StudyGroup(string Name, ValueList<(StudyArm Arm, ValueList<Treatment> Candidates)> Arms);
