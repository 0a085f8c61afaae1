using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>Finds the custom criteria and updates of schedules, which a plan does not look up and the command cannot have.</summary>
internal static class CustomMethods
{
    /// <summary>Reports each custom criterion and update of a run's schedules once, with the first option that it is from.</summary>
    /// <param name="file">The option and path of the schedule's file; null if there is none.</param>
    /// <param name="config">The option and path of the run config; null if there is none.</param>
    /// <param name="schedule">The schedule; null if it could not be read.</param>
    /// <param name="run">The run before single values of it are changed; null if it could not be read.</param>
    /// <param name="edited">The run after that.</param>
    /// <param name="problems">The problems of the command line.</param>
    public static void Reject(string? file, string? config, Schedule? schedule, RunConfig? run, RunConfig? edited, Problems problems)
    {
        var main = file ?? config ?? "the schedule";
        IEnumerable<(string Source, Schedule Schedule)> schedules =
        [
            .. schedule is null ? [] : new[] { (main, schedule) },
            .. Arms(run, config ?? main),
            .. edited is null ? [] : new[] { (ConfigOptions.SetName, edited.Schedule) },
            .. Arms(edited, ConfigOptions.SetName),
        ];
        var phases = schedules.SelectMany(s => s.Schedule.Phases.Where(p => !p.IsDense).Select(p => (s.Source, Phase: p)));
        foreach (var (source, phase) in phases.DistinctBy(p => (p.Phase.Name, p.Phase.Mask)))
        {
            if (phase.Mask.Criterion.Kind == CriterionKind.Custom)
            {
                problems.Check(() => throw new DsdException($"{source}: phase '{phase.Name}' ranks weights by {phase.Mask.Criterion}, a custom function, which only a program can supply. From the command line rank by magnitude, gradient, weight × gradient, movement, a threshold, at random, or have masks given."));
            }

            if (phase.Mask.Update.IsCustom)
            {
                problems.Check(() => throw new DsdException($"{source}: phase '{phase.Name}' has the mask update {phase.Mask.Update}, a custom policy, which only a program can supply. From the command line update once, at intervals, by SET or by RigL."));
            }
        }

        static IEnumerable<(string, Schedule)> Arms(RunConfig? config, string source) => (config?.Arms ?? []).Select(a => ($"{source}, arm '{a.Name}'", a.Schedule));
    }
}
