using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>Finds the custom criteria and updates of schedules, which a plan does not look up and the command cannot have.</summary>
internal static class CustomMethods
{
    /// <summary>Reports each custom criterion and update once, with the first source that has it.</summary>
    public static void Reject(IEnumerable<(string Source, Schedule Schedule)> schedules, Problems problems)
    {
        var phases = schedules.SelectMany(s => s.Schedule.Phases.Where(p => !p.IsDense).Select(p => (s.Source, Phase: p)));
        foreach (var (source, phase) in phases.DistinctBy(p => (p.Phase.Name, p.Phase.Mask)))
        {
            if (phase.Mask.Criterion.Kind == CriterionKind.Custom)
            {
                problems.Check(() => throw new DsdException($"{source}: phase '{phase.Name}' ranks weights by {phase.Mask.Criterion}, a custom function, which only a program can supply. From the command line use magnitude, weight × gradient or random."));
            }

            if (phase.Mask.Update.IsCustom)
            {
                problems.Check(() => throw new DsdException($"{source}: phase '{phase.Name}' has the mask update {phase.Mask.Update}, a custom policy, which only a program can supply. From the command line update once, at intervals or by SET."));
            }
        }
    }
}
