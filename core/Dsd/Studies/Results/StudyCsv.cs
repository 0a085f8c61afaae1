using System.Globalization;
using System.Text;
using Dsd.Records;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Studies;

/// <summary>The writer of a study's trials as tidy CSV (RFC 4180): one row per phase of each trial, one more where the train split was measured, and one per test measurement.</summary>
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
                Rows(arm.Group, arm.Arm, treatment, treatment == arm.Selected);
            }
        }

        foreach (var treatment in results.Plan.Longer.Select(l => l.Treatment).Distinct())
        {
            Rows("", StudyArm.LongerFirst.Name, treatment, isSelected: false);
        }

        return text.ToString();

        void Rows(string group, string arm, Treatment treatment, bool isSelected)
        {
            foreach (var result in results.Plan.Trials.Where(t => t.Treatment == treatment).Select(results.Of).OfType<TrialResult>())
            {
                foreach (var phase in result.Record.Phases)
                {
                    Row(phase.Start.Name, "validation", phase.End?.Step - phase.Start.Step, phase.Sparsity, phase.Samples.Count > 0 ? phase.Samples[^1].Loss : null, phase.Last(DataSplit.Validation), phase.End?.ElapsedSeconds);
                    if (phase.Last(DataSplit.Train) is { } train)
                    {
                        Row(phase.Start.Name, "train", null, null, null, train, null);
                    }
                }

                foreach (var test in result.Record.Evaluations.Where(e => e.Split == DataSplit.Test))
                {
                    var phase = test == result.Record.Test ? "end" : treatment.Plan.Phases.First(p => p.FirstStep + p.Steps == test.Step).Phase.Name;
                    Row(phase, "test", null, null, null, test, null);
                }

                void Row(string phase, string split, long? steps, double? sparsity, double? training, Evaluated? measured, double? seconds) =>
                    Cells((group, arm, isSelected), result, phase, split, steps, sparsity, training, measured, seconds);
            }
        }

        void Cells((string Group, string Name, bool IsSelected) arm, TrialResult result, string phase, string split, long? steps, double? sparsity, double? training, Evaluated? measured, double? seconds) => Line(
            results.Plan.Study.Name,
            arm.Group,
            arm.Name,
            result.Trial.Treatment.Name,
            YesOrNo(arm.IsSelected),
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
