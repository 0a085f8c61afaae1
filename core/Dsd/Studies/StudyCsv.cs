using System.Globalization;
using System.Text;
using Dsd.Records;

namespace Dsd.Studies;

/// <summary>The trials of a study as tidy CSV (RFC 4180): a row for each phase of each trial, and one for each test measurement.</summary>
internal static class StudyCsv
{
    public static string Write(StudyResults results)
    {
        var text = new StringBuilder();
        Line("study", "group", "arm", "treatment", "selected", "seed", "outcome", "phase", "split", "steps", "sparsity", "training_loss", ColumnOf(results.Metric), "loss", "seconds", "fork");
        foreach (var arm in results.Arms)
        {
            foreach (var treatment in arm.Candidates.Select(c => c.Treatment))
            {
                foreach (var trial in results.Plan.Trials.Where(t => t.Treatment == treatment))
                {
                    if (results.Of(trial) is not { } result)
                    {
                        continue;
                    }

                    foreach (var phase in result.Record.Phases)
                    {
                        Row(arm, result, phase.Start.Name, "validation", phase.End?.Step - phase.Start.Step, phase.Sparsity, phase.Samples.Count > 0 ? phase.Samples[^1].Loss : null, phase.Last(DataSplit.Validation), phase.End?.ElapsedSeconds);
                    }

                    if (result.Record.Test is { } test)
                    {
                        Row(arm, result, "end", "test", null, null, null, test, null);
                    }
                }
            }
        }

        return text.ToString();

        void Row(ArmResult arm, TrialResult result, string phase, string split, long? steps, double? sparsity, double? training, Evaluated? measured, double? seconds) => Line(
            results.Plan.Study.Name,
            arm.Group,
            arm.Arm,
            result.Trial.Treatment.Name,
            result.Trial.Treatment == arm.Selected ? "yes" : "no",
            result.Trial.Seed.ToString(CultureInfo.InvariantCulture),
            result.Record.End!.Outcome.ToString().ToLowerInvariant(),
            phase,
            split,
            steps?.ToString(CultureInfo.InvariantCulture) ?? "",
            Number(sparsity, "0.######"),
            Number(training, "0.######"),
            Number(results.Metric.In(measured), "R"),
            Number(measured?.Value("loss"), "0.########"),
            Number(seconds, "0.000"),
            result.Fork ?? "");

        void Line(params ReadOnlySpan<string> cells)
        {
            for (var i = 0; i < cells.Length; i++)
            {
                text.Append(i > 0 ? "," : "").Append(Cell(cells[i]));
            }

            text.Append('\n');
        }
    }

    /// <summary>The title of the column of a metric.</summary>
    public static string ColumnOf(Metric metric) => metric.Name.Replace(' ', '_');

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string Cell(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
