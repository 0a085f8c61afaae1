using System.Globalization;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>The tables of a study's results.</summary>
public static class StudyTables
{
    /// <summary>Formats all tables of a study's results as Markdown.</summary>
    public static string Describe(StudyResults results)
    {
        var study = results.Plan.Study;
        var head = $"Study {study.Name}{(study.Question.Length > 0 ? $": {TextTable.Escape(study.Question)}" : ".")}";
        var parts = new List<string> { head, string.Join('\n', Explain(results).Select(TextTable.Escape)), Arms(results).ToString().TrimEnd() };
        if (results.Contrasts.Count > 0)
        {
            parts.Add(Contrasts(results).ToString().TrimEnd());
            parts.Add(string.Join('\n', StudyReadings.Summary(results).Select(TextTable.Escape)));
        }

        if (results.DataProblems.Count > 0)
        {
            parts.Add(string.Join('\n', results.DataProblems.Select(p => TextTable.Escape($"{p}."))));
        }

        var failures = results.Failures.ToList();
        if (failures.Count > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{failures.Count} failed: {TextTable.Escape(string.Join("; ", failures.Take(20).Select(f => $"{f.Trial.Name} ({f.Record.End?.Message})")))}"));
        }

        return string.Join("\n\n", parts) + "\n";
    }

    /// <summary>Explains the numbers in sentences.</summary>
    public static IEnumerable<string> Explain(StudyResults results)
    {
        var (done, all) = (results.Trials.Count(), results.Plan.Trials.Count());
        if (!results.IsJudged)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Provisional: {done:N0} of {all:N0} trials are done; everything is on validation{(results.Trials.Any(t => t.Record.Test is not null) ? "" : ", and the test split was not read")}.");
        }

        var metric = results.Metric;
        var what = results.Split != DataSplit.Test ? "on validation"
            : StudyNotes.TestWasReadBefore(results) ? "on test, read again after the study was extended"
            : "on test, read once after all choices were made on validation";
        yield return $"{metric.Title} {what}; {metric.GoalText}.";
        if (results.Contrasts.Any(c => c.Difference?.Interval is not null))
        {
            var examples = results.Split == DataSplit.Test ? "test" : "validation";
            yield return HasExamples(results)
                ? string.Create(CultureInfo.InvariantCulture, $"Intervals over seeds are of Student's t, on one fixed set of {examples} examples; those over seeds × examples draw both anew, {PairedBootstrap.Draws:N0} times, and so cover other examples too.")
                : $"Intervals are over seeds, of Student's t, on one fixed set of {examples} examples; they do not cover other examples.";
        }

        foreach (var note in StudyNotes.Of(results))
        {
            yield return note;
        }
    }

    /// <summary>The table of the arms, one row per arm of a group.</summary>
    public static TextTable Arms(StudyResults results)
    {
        var metric = results.Metric;
        var grouped = results.Plan.Groups.Count > 1;
        var table = new TextTable([.. grouped ? ["group"] : Array.Empty<string>(), "arm", "treatment", ">seeds", $">mean {metric.Name}", ">sd", ">least", ">most"]);
        foreach (var arm in results.Arms)
        {
            var sample = arm.Sample;
            table.Row(
            [
                .. grouped ? [arm.Group] : Array.Empty<string>(),
                arm.Arm,
                arm.Candidates.Count > 1 ? $"{arm.Selected?.Name ?? "–"} (best of {arm.Candidates.Count.ToString(CultureInfo.InvariantCulture)})" : arm.Candidates[0].Treatment.Name,
                arm.Values.Count.ToString(CultureInfo.InvariantCulture),
                metric.Show(sample?.Mean),
                metric.ShowSize(sample?.StandardDeviation),
                metric.Show(arm.Values.Count > 0 ? arm.Values.Min(v => v.Value) : null),
                metric.Show(arm.Values.Count > 0 ? arm.Values.Max(v => v.Value) : null),
            ]);
        }

        return table;
    }

    /// <summary>The table of the differences, one row per difference.</summary>
    public static TextTable Contrasts(StudyResults results)
    {
        var metric = results.Metric;
        var grouped = results.Plan.Groups.Count > 1;
        var hasExamples = HasExamples(results);
        var table = new TextTable([.. grouped ? ["group"] : Array.Empty<string>(), "difference", ">pairs", ">mean", ">95 % interval, seeds", .. hasExamples ? [">95 % interval, seeds × examples"] : Array.Empty<string>(), ">p (t)", ">p (signs)", ">p (Holm)", ">d_z", ">detectable", ">no more than"]);
        foreach (var contrast in results.Contrasts)
        {
            var (d, judged) = (contrast.Difference, contrast.Difference?.AllowsVerdict == true);
            table.Row(
            [
                .. grouped ? [contrast.Group] : Array.Empty<string>(),
                $"{contrast.First} − {contrast.Other}",
                contrast.Pairs.Count.ToString(CultureInfo.InvariantCulture),
                metric.ShowDifference(d?.Differences.Mean),
                metric.ShowInterval(d?.Interval),
                .. hasExamples ? [metric.ShowInterval(results.OverSeedsAndExamples(contrast))] : Array.Empty<string>(),
                PValue.Show(judged ? d?.PValue : null),
                PValue.Show(d?.PermutationPValue),
                PValue.Show(contrast.AdjustedPValue),
                d?.EffectSize is { } e ? e.ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) : "–",
                metric.ShowSize(d?.SmallestDetectable),
                metric.ShowSize(judged ? d?.NoDifferenceLargerThan : null),
            ]);
        }

        return table;
    }

    /// <summary>The table of selections, one row per candidate of an arm with several: its mean on validation, by which the best was selected.</summary>
    public static TextTable Selection(StudyResults results)
    {
        var metric = results.Metric;
        var grouped = results.Plan.Groups.Count > 1;
        var table = new TextTable([.. grouped ? ["group"] : Array.Empty<string>(), "arm", "candidate", $">mean validation {metric.Name}", ">seeds without a value", "selected"]);
        foreach (var arm in results.Arms.Where(a => a.Candidates.Count > 1))
        {
            foreach (var (treatment, mean, missing) in arm.Candidates)
            {
                table.Row(
                [
                    .. grouped ? [arm.Group] : Array.Empty<string>(),
                    arm.Arm,
                    treatment.Name,
                    metric.Show(mean),
                    missing.ToString(CultureInfo.InvariantCulture),
                    treatment == arm.Selected ? "yes" : "",
                ]);
            }
        }

        return table;
    }

    /// <summary>The table of failures, one row per failed trial.</summary>
    public static TextTable Failures(StudyResults results)
    {
        var table = new TextTable("failed trial", "reason");
        foreach (var failed in results.Failures)
        {
            table.Row(failed.Trial.Name, failed.Record.End?.Message ?? "no reason is known");
        }

        return table;
    }

    /// <summary>Formats the differences of two studies side by side.</summary>
    public static string Compare(StudyResults a, StudyResults b)
    {
        var table = new TextTable("difference", ">pairs", $">{a.Plan.Study.Name}", ">95 % interval", ">pairs", $">{b.Plan.Study.Name}", ">95 % interval");
        var keys = a.Contrasts.Concat(b.Contrasts).Select(c => (c.Group, c.First, c.Other)).Distinct();
        foreach (var key in keys)
        {
            table.Row([$"{(key.Group.Length > 0 ? key.Group + ": " : "")}{key.First} − {key.Other}", .. Cells(a, key), .. Cells(b, key)]);
        }

        var differ = a.Metric == b.Metric ? "" : a.Metric.Name == b.Metric.Name ? $" The declarations of {a.Metric.Name} differ." : $" The metrics differ: {a.Metric.Name} and {b.Metric.Name}.";
        return $"{a.Plan.Study.Name}: {string.Join(' ', Explain(a))}\n{b.Plan.Study.Name}: {string.Join(' ', Explain(b))}{differ}\n\n{table}";
    }

    private static string[] Cells(StudyResults results, (string Group, string First, string Other) key)
    {
        var metric = results.Metric;
        var contrast = results.Contrasts.FirstOrDefault(c => (c.Group, c.First, c.Other) == key);
        return contrast?.Difference is not { } d ? ["–", "–", "–"] :
        [
            contrast.Pairs.Count.ToString(CultureInfo.InvariantCulture),
            metric.ShowDifference(d.Differences.Mean),
            metric.ShowInterval(d.Interval),
        ];
    }

    private static bool HasExamples(StudyResults results) => results.Contrasts.Any(c => results.OverSeedsAndExamples(c) is not null);
}
