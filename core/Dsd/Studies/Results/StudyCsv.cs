using System.Globalization;
using System.Text;
using Dsd.Records;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Studies;

/// <summary>The writer of a study's trials as tidy CSV (RFC 4180): one row per phase of each trial, and one per test measurement.</summary>
internal static class StudyCsv
{
    public static string Write(StudyResults results)
    {
        var text = new StringBuilder();
        Line("study", "group", "arm", "treatment", "selected", "seed", "outcome", "phase", "split", "steps", "sparsity", "training_loss", ColumnOf(results.Metric), "loss", "seconds", "fork", "left_out", "left_out_of_train", "examples", "goal", "metric", "scale", "unit", "decimals", "mean_over_examples", "diverged", "left_out_elsewhere");
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
            YesOrNo(result.Trial.Treatment == arm.Selected),
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
            result.Fork ?? "",
            LeftOut(result.Record, split == "test" ? DataSplit.Test : DataSplit.Validation),
            LeftOut(result.Record, DataSplit.Train),
            (measured?.Metrics.FirstOrDefault(m => m.Name == results.Metric.Name)?.Examples)?.ToString(CultureInfo.InvariantCulture) ?? "",
            results.Metric.Goal.ToString().ToLowerInvariant(),
            results.Metric.Name,
            results.Metric.Scale.ToString().ToLowerInvariant(),
            results.Metric.Unit,
            results.Metric.Decimals.ToString(CultureInfo.InvariantCulture),
            YesOrNo(results.Metric.IsMeanOverExamples),
            YesOrNo(result.HasDiverged),
            LeftOut(result.Record, null));

        void Line(params ReadOnlySpan<string> cells)
        {
            for (var i = 0; i < cells.Length; i++)
            {
                text.Append(i > 0 ? "," : "").Append(CsvLines.Cell(cells[i]));
            }

            text.Append('\n');
        }
    }

    /// <summary>Gets the column title of a metric.</summary>
    public static string ColumnOf(Metric metric) => metric.Name.Replace(' ', '_');

    /// <summary>Gets the metric of a column in a CSV without declarations: metrics of Dsd are known by name, any other is undeclared.</summary>
    public static Metric MetricOf(string column) =>
        Metric.OfOldFile(column.Replace('_', ' ')) is { Goal: not MetricGoal.Undeclared } known ? known : Metric.OfOldFile(column);

    /// <summary>Counts the excluded examples of a split in a trial, known before it or found during it; null counts those of no split.</summary>
    private static string LeftOut(RunRecord record, DataSplit? split) => record.LeftOut(split).Sum(p => p.Count).ToString(CultureInfo.InvariantCulture);

    private static string YesOrNo(bool value) => value ? "yes" : "no";

    /// <summary>Formats a number; null and values that are not finite give an empty cell.</summary>
    private static string Number(double? value, string format) => value is { } v && double.IsFinite(v) ? v.ToString(format, CultureInfo.InvariantCulture) : "";
}
