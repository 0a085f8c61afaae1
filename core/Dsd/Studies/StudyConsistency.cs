using System.Globalization;

namespace Dsd.Studies;

/// <summary>Checks that trials which stand in one table were trained on the same data and for the same number of steps.</summary>
internal static class StudyConsistency
{
    private const int MostNames = 5;

    /// <summary>Everything that keeps trials from being compared, a sentence each.</summary>
    public static IEnumerable<string> Problems(StudyPlan plan, IReadOnlyCollection<TrialResult> trials)
    {
        var planned = plan.Trials.ToDictionary(t => t.Name, t => t.Treatment.Plan);
        var others = trials
            .Where(t => t.Record.Start is not null && planned.ContainsKey(t.Trial.Name))
            .Select(t => (t.Trial.Name, Had: Steps(t.Record.Start!.Plan()), Has: Steps(planned[t.Trial.Name])))
            .Where(t => t.Had != t.Has)
            .ToList();
        if (others.Count > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{others.Count} of {trials.Count} finished trials were trained for other numbers of steps than the study's plan: {Some(others.Select(o => $"{o.Name} {o.Had}, planned {o.Has}"))}. They were trained on other data; delete their folders under trials/ to have them trained again, or bring back the data that they had.");
        }

        foreach (var data in trials.Where(t => t.Data is not null).GroupBy(t => t.Trial.Treatment.Setting.Data))
        {
            var kinds = data.GroupBy(t => t.Data!.Hash).ToList();
            if (kinds.Count > 1)
            {
                yield return $"The trials on {data.Key} were trained on different data: {string.Join("; ", kinds.Select(k => $"fingerprint {k.Key}: {Some(k.Select(t => t.Trial.Name))}"))}. Delete the folders of all but one kind under trials/ to have those trials trained again.";
            }
        }
    }

    private static string Steps(Plans.Plan plan) => string.Create(CultureInfo.InvariantCulture, $"{plan.TotalSteps:N0} steps of {plan.StepsPerEpoch:N0} an epoch");

    private static string Some(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(MostNames)) + (all.Count > MostNames ? string.Create(CultureInfo.InvariantCulture, $" and {all.Count - MostNames:N0} more") : "");
    }
}
