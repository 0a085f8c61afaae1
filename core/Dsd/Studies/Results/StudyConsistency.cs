using System.Globalization;
using Dsd.Plans;
using Dsd.Records;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Studies;

/// <summary>The check that trials of one table were trained on the same data for the same number of steps, and declare the same metrics.</summary>
internal static class StudyConsistency
{
    private const int MostNames = 5;

    /// <summary>Lists the problems that prevent a comparison of trials, one sentence each.</summary>
    /// <param name="plan">The study, resolved.</param>
    /// <param name="trials">All available trials.</param>
    /// <param name="added">The trials that were not checked before; each is resolved once.</param>
    public static IEnumerable<string> Problems(StudyPlan plan, IReadOnlyCollection<TrialResult> trials, IReadOnlyCollection<TrialResult> added)
    {
        if (added.Count == 0)
        {
            yield break;
        }

        var planned = plan.Trials.ToDictionary(t => t.Name, t => t.Treatment.Plan);
        var others = new List<string>();
        foreach (var trial in added.Where(t => t.Record.Start is not null && planned.ContainsKey(t.Trial.Name)))
        {
            var (had, problem) = Steps(trial.Record.Start!);
            if (problem is not null)
            {
                yield return $"The trial {trial.Trial.Name} holds a schedule that does not fit its network: {problem} Its record was changed; delete its folder under trials/ to have it trained again.";
            }
            else if (Steps(planned[trial.Trial.Name].TotalSteps, planned[trial.Trial.Name].StepsPerEpoch) is var has && had != has)
            {
                others.Add($"{trial.Trial.Name} {had}, planned {has}");
            }
        }

        if (others.Count > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{others.Count} of {trials.Count} finished trials were trained for other numbers of steps than the study's plan: {Some(others)}. Most likely their data had another size; delete their folders under trials/ to have them trained again, or bring back the data that they had.");
        }

        foreach (var problem in Declarations(trials))
        {
            yield return problem;
        }

        foreach (var data in trials.Where(t => t.Data is not null).GroupBy(t => t.Trial.Treatment.Config.Data))
        {
            var kinds = data.GroupBy(t => t.Data!.Hash).ToList();
            if (kinds.Count > 1)
            {
                yield return $"The trials on {data.Key} were trained on different data: {string.Join("; ", kinds.Select(k => $"fingerprint {k.Key}: {Some(k.Select(t => t.Trial.Name))}"))}. Delete the folders of all but one kind under trials/ to have those trials trained again.";
            }
        }
    }

    /// <summary>Checks that every selected trial was measured on test, as every judgement does: a missing one would drop its pair.</summary>
    /// <exception cref="DsdException">Measurements are missing; the trials are listed.</exception>
    public static StudyResults WithAllTests(StudyResults results)
    {
        var selected = results.Arms.Select(a => a.Selected).OfType<Treatment>().ToHashSet();
        var missing = results.Split == DataSplit.Test ? results.Trials.Where(t => selected.Contains(t.Trial.Treatment) && t.IsComplete && t.Record.Test is null).Select(t => t.Trial.Name).ToList() : [];
        return missing.Count == 0 ? results : throw new DsdException(string.Create(
            CultureInfo.InvariantCulture,
            $"The measurement on test is missing for {missing.Count} of the selected trials of the study: {string.Join(", ", missing)}. Its judgement measured every one, so test.jsonl in their folders, or a row of the CSV, was removed. Restore it from a copy, or delete the folders of these trials under trials/ to have them trained and measured again."));
    }

    /// <summary>Lists metrics of one name with contradictory declarations.</summary>
    private static IEnumerable<string> Declarations(IReadOnlyCollection<TrialResult> trials)
    {
        foreach (var metric in trials.SelectMany(t => t.Record.Metrics.Distinct().Select(m => (Metric: m, t.Trial.Name))).GroupBy(m => m.Metric.Name))
        {
            var kinds = metric.Where(m => m.Metric.Goal != MetricGoal.Undeclared).GroupBy(m => m.Metric.Declaration).ToList();
            if (kinds.Count > 1)
            {
                yield return $"The trials declare the metric {metric.Key} in different ways: {string.Join("; ", kinds.Select(k => $"{k.Key}: {Some(k.Select(m => m.Name))}"))}. Delete the folders of all but one kind under trials/ to have those trials trained again, or restore the declaration.";
            }
        }
    }

    private static (string? Steps, string? Problem) Steps(RunStarted start)
    {
        // Distributions and patterns of the user's own need not be here to count steps.
        var (plan, all) = Plan.TryResolve(start.Schedule, start.Shape, start.StepsPerEpoch, null, isToTrain: false);
        var issues = all.Where(i => !i.IsUnknownMethod).ToValueList();
        return issues.Count > 0
            ? (null, new PlanException(issues).Message)
            : (Steps(plan.TotalSteps, start.StepsPerEpoch), null);
    }

    private static string Steps(long total, int perEpoch) => string.Create(CultureInfo.InvariantCulture, $"{total:N0} steps of {perEpoch:N0} per epoch");

    private static string Some(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(MostNames)) + (all.Count > MostNames ? string.Create(CultureInfo.InvariantCulture, $" and {all.Count - MostNames:N0} more") : "");
    }
}
