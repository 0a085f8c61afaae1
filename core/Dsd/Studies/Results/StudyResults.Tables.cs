using System.Globalization;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <content>The results as sentences and tables.</content>
public sealed partial record StudyResults
{
    /// <summary>Formats the results as Markdown: an introduction, the arms, the differences. Independent of culture.</summary>
    public string Describe()
    {
        var study = Plan.Study;
        var head = $"Study {study.Name}{(study.Question.Length > 0 ? $": {TextTable.Escape(study.Question)}" : ".")}";
        var parts = new List<string> { head, string.Join('\n', Explain().Select(TextTable.Escape)), ArmTable().ToString().TrimEnd() };
        if (Contrasts.Count > 0)
        {
            parts.Add(ContrastTable().ToString().TrimEnd());
            if (Gates.Count > 0)
            {
                parts.Add(GateTable().ToString().TrimEnd());
            }

            parts.Add(string.Join('\n', Readings().Select(TextTable.Escape)));
        }

        if (DataProblems.Count > 0)
        {
            parts.Add(string.Join('\n', DataProblems.Select(p => TextTable.Escape($"{p}."))));
        }

        var failures = Failures.ToList();
        if (failures.Count > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{failures.Count} failed: {TextTable.Escape(string.Join("; ", failures.Take(20).Select(f => $"{f.Trial.Name} ({f.Record.End?.Message})")))}"));
        }

        return string.Join("\n\n", parts) + "\n";
    }

    /// <summary>Explains the numbers in sentences.</summary>
    public IEnumerable<string> Explain()
    {
        var (done, all) = (Trials.Count(), Plan.Trials.Count());
        if (!IsJudged)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Provisional: {done:N0} of {all:N0} trials are done; everything is on validation{(Trials.Any(t => t.Record.Test is not null) ? "" : ", and the test split was not read")}.");
        }

        var what = Split != DataSplit.Test ? "on validation"
            : StudyNotes.TestWasReadBefore(this) ? "on test, read again after the study was extended"
            : "on test, read once after all choices were made on validation";
        yield return $"{Metric.Title} {what}; {Metric.GoalText}.";
        if (Contrasts.Any(c => c.Difference?.Interval is not null))
        {
            var examples = Split == DataSplit.Test ? "test" : "validation";
            yield return HasExamples
                ? string.Create(CultureInfo.InvariantCulture, $"Intervals over seeds are of Student's t, on one fixed set of {examples} examples; those over seeds × examples draw both anew, {PairedBootstrap.Draws:N0} times, and so cover other examples too.")
                : $"Intervals are over seeds, of Student's t, on one fixed set of {examples} examples; they do not cover other examples.";
        }

        foreach (var note in StudyNotes.Of(this))
        {
            yield return note;
        }
    }

    /// <summary>The table of the arms, one row per arm of a group.</summary>
    public TextTable ArmTable()
    {
        var grouped = Plan.Groups.Count > 1;
        var table = new TextTable([.. grouped ? ["group"] : Array.Empty<string>(), "arm", "treatment", ">seeds", $">mean {Metric.Name}", ">sd", ">least", ">most"]);
        foreach (var arm in Arms)
        {
            var sample = arm.Sample;
            table.Row(
            [
                .. grouped ? [arm.Group] : Array.Empty<string>(),
                arm.Arm,
                arm.Candidates.Count > 1 ? $"{arm.Selected?.Name ?? "–"} (best of {arm.Candidates.Count.ToString(CultureInfo.InvariantCulture)})" : arm.Candidates[0].Treatment.Name,
                arm.Values.Count.ToString(CultureInfo.InvariantCulture),
                Metric.Show(sample?.Mean),
                Metric.ShowSize(sample?.StandardDeviation),
                Metric.Show(arm.Values.Count > 0 ? arm.Values.Min(v => v.Value) : null),
                Metric.Show(arm.Values.Count > 0 ? arm.Values.Max(v => v.Value) : null),
            ]);
        }

        return table;
    }

    /// <summary>The table of the differences, one row per difference.</summary>
    public TextTable ContrastTable()
    {
        var grouped = Plan.Groups.Count > 1;
        var (hasExamples, hasPhases) = (HasExamples, Contrasts.Any(c => c.Phase.Length > 0));
        var table = new TextTable([.. grouped ? ["group"] : Array.Empty<string>(), "difference", .. hasPhases ? ["after"] : Array.Empty<string>(), ">pairs", ">mean", ">95 % interval, seeds", .. hasExamples ? [">95 % interval, seeds × examples"] : Array.Empty<string>(), ">p (t)", ">p (signs)", ">p (Holm)", ">d_z", ">detectable", ">no more than"]);
        foreach (var contrast in Contrasts)
        {
            var (d, judged) = (contrast.Difference, contrast is { NotTestable: null, Difference.AllowsVerdict: true });
            table.Row(
            [
                .. grouped ? [contrast.Group] : Array.Empty<string>(),
                $"{contrast.First} − {contrast.Other}",
                .. hasPhases ? [contrast.Phase.Length > 0 ? contrast.Phase : "the end"] : Array.Empty<string>(),
                contrast.Pairs.Count.ToString(CultureInfo.InvariantCulture),
                Metric.ShowDifference(d?.Differences.Mean),
                Metric.ShowInterval(d?.Interval),
                .. hasExamples ? [Metric.ShowInterval(OverSeedsAndExamples(contrast))] : Array.Empty<string>(),
                PValue.Show(judged ? d?.PValue : null),
                PValue.Show(contrast.NotTestable is null ? d?.PermutationPValue : null),
                contrast.NotTestable is null ? contrast.ShowAdjustedPValue() : "not testable",
                d?.EffectSize is { } e ? e.ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) : "–",
                Metric.ShowSize(d?.SmallestDetectable),
                Metric.ShowSize(judged ? d?.NoDifferenceLargerThan : null),
            ]);
        }

        return table;
    }

    /// <summary>The table of the gates, one row per gate of a group; it has no rows if the study has none.</summary>
    public TextTable GateTable()
    {
        var grouped = Plan.Groups.Count > 1;
        var table = new TextTable([.. grouped ? ["group"] : Array.Empty<string>(), "gate", $">measured {Metric.Name}", ">95 % interval", ">limit", "met"]);
        foreach (var gate in Gates)
        {
            var isDifference = gate.Gate != StudyGate.Train;
            table.Row(
            [
                .. grouped ? [gate.Group] : Array.Empty<string>(),
                gate.Gate switch
                {
                    StudyGate.Converged => "first phase, a quarter longer − as it is",
                    StudyGate.Recovered => "end of the sparse phase − end of the first",
                    _ => "end of the first phase, on the train split",
                },
                isDifference ? Metric.ShowDifference(gate.Measured) : Metric.Show(gate.Measured),
                Metric.ShowInterval(gate.Interval),
                gate.Limit is null ? "–" : gate.Gate switch
                {
                    StudyGate.Converged => $"below {Metric.ShowSize(gate.Limit)} either way",
                    StudyGate.Recovered => $"not worse by {Metric.ShowSize(gate.Limit)}",
                    _ => $"{Metric.Show(gate.Limit)} or better",
                },
                gate.IsMet switch
                {
                    true => "yes",
                    false => "no",
                    null => "not known",
                },
            ]);
        }

        return table;
    }

    /// <summary>The table of selections, one row per candidate of an arm with several: its mean on validation, by which the best was selected.</summary>
    public TextTable SelectionTable()
    {
        var grouped = Plan.Groups.Count > 1;
        var table = new TextTable([.. grouped ? ["group"] : Array.Empty<string>(), "arm", "candidate", $">mean validation {Metric.Name}", ">seeds without a value", "selected"]);
        foreach (var arm in Arms.Where(a => a.Candidates.Count > 1))
        {
            foreach (var (treatment, mean, missing) in arm.Candidates)
            {
                table.Row(
                [
                    .. grouped ? [arm.Group] : Array.Empty<string>(),
                    arm.Arm,
                    treatment.Name,
                    Metric.Show(mean),
                    missing.ToString(CultureInfo.InvariantCulture),
                    treatment == arm.Selected ? "yes" : "",
                ]);
            }
        }

        return table;
    }

    /// <summary>The table of failures, one row per failed trial.</summary>
    public TextTable FailureTable()
    {
        var table = new TextTable("failed trial", "reason");
        foreach (var failed in Failures)
        {
            table.Row(failed.Trial.Name, failed.Record.End?.Message ?? "no reason is known");
        }

        return table;
    }

    /// <summary>Formats the differences of this study and another side by side.</summary>
    /// <param name="other">The results of the other study.</param>
    public string CompareWith(StudyResults other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var table = new TextTable("difference", ">pairs", $">{Plan.Study.Name}", ">95 % interval", ">pairs", $">{other.Plan.Study.Name}", ">95 % interval");
        var keys = Contrasts.Concat(other.Contrasts).Select(c => (c.Group, c.First, c.Other, c.Phase)).Distinct();
        foreach (var key in keys)
        {
            table.Row([$"{(key.Group.Length > 0 ? key.Group + ": " : "")}{key.First} − {key.Other}{(key.Phase.Length > 0 ? $" after {key.Phase}" : "")}", .. Cells(key), .. other.Cells(key)]);
        }

        var differ = Metric == other.Metric ? "" : Metric.Name == other.Metric.Name ? $" The declarations of {Metric.Name} differ." : $" The metrics differ: {Metric.Name} and {other.Metric.Name}.";
        return $"{Plan.Study.Name}: {string.Join(' ', Explain())}\n{other.Plan.Study.Name}: {string.Join(' ', other.Explain())}{differ}\n\n{table}";
    }

    private string[] Cells((string Group, string First, string Other, string Phase) key)
    {
        var contrast = Contrasts.FirstOrDefault(c => (c.Group, c.First, c.Other, c.Phase) == key);
        return contrast?.Difference is not { } d ? ["–", "–", "–"] :
        [
            contrast.Pairs.Count.ToString(CultureInfo.InvariantCulture),
            Metric.ShowDifference(d.Differences.Mean),
            Metric.ShowInterval(d.Interval),
        ];
    }

    private bool HasExamples => Contrasts.Any(c => OverSeedsAndExamples(c) is not null);
}
