using System.Globalization;
using Dsd.Records;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Studies;

/// <summary>The reader of trials from the CSV of <see cref="StudyCsv"/>: measurements at the ends of phases and on test, outcomes, and times.</summary>
/// <remarks>
/// A CSV holds less than the records. Missing values are not guessed: phases have no losses within them, masks, layers or
/// histograms, measurements no outcomes of examples, and a run no device or platform. CSVs of earlier versions lack columns too.
/// </remarks>
internal static class StudyCsvReader
{
    private const string Unknown = "not in the CSV";
    private static readonly string[] s_columns = ["study", "group", "arm", "treatment", "seed", "outcome", "phase", "split", "training_loss", "seconds", "fork"];

    /// <exception cref="DsdException">The text is not the CSV of this study; the message lists all problems.</exception>
    public static IReadOnlyList<TrialResult> Read(StudyPlan plan, string csv, Metric? metric)
    {
        var lines = CsvLines.Of(csv);
        List<string> titles = lines.Count > 0 ? [.. lines[0].Cells] : [];
        var missing = s_columns.Where(c => !titles.Contains(c)).ToList();
        if (missing.Count > 0)
        {
            throw new DsdException($"The CSV of the study '{plan.Study.Name}' lacks the columns {string.Join(", ", missing)}; 'dsd study report' writes one with them.");
        }

        // The main metric precedes the loss, under its name.
        var main = titles.IndexOf("training_loss") + 1;
        var name = main < titles.Count ? titles[main] : "";
        if (string.IsNullOrWhiteSpace(name.Replace('_', ' ')))
        {
            throw new DsdException($"The CSV of the study '{plan.Study.Name}' has no name of its metric in the title after training_loss; 'dsd study report' writes one with it.");
        }

        var problems = new List<string>();
        if (metric is not null && StudyCsv.ColumnOf(metric) != name)
        {
            problems.Add($"Its metric is '{name}', but '{metric.Name}' was requested.");
        }

        var table = new Table(titles, metric ?? StudyCsv.MetricOf(name), main);
        var trials = plan.Trials.ToDictionary(t => (t.Treatment.Name, t.Seed.ToString(CultureInfo.InvariantCulture)));
        var results = new List<TrialResult>();
        var rows = lines.Skip(1).Where(l => table.Fits(l, problems)).ToList();
        if (metric is null && rows.Count > 0)
        {
            try
            {
                table = table with { Metric = table.Declared(rows) ?? table.Metric };
            }
            catch (Exception e) when (e is FormatException or ArgumentException)
            {
                problems.Add(e.Message);
            }
        }

        if (rows.Select(r => table.Cell(r, "study")).FirstOrDefault(name => name != plan.Study.Name) is { } other)
        {
            problems.Add($"It is of the study '{other}'.");
        }

        // A treatment used by several arms or groups has its rows once for each.
        foreach (var of in rows.GroupBy(r => (table.Cell(r, "treatment"), table.Cell(r, "seed"))))
        {
            if (!trials.TryGetValue(of.Key, out var trial))
            {
                problems.Add($"Line {of.First().Number}: the study has no treatment '{of.Key.Item1}' with seed {of.Key.Item2}.");
                continue;
            }

            try
            {
                var own = of.TakeWhile((row, i) => i == 0 || (table.Cell(row, "group"), table.Cell(row, "arm")) == (table.Cell(of.First(), "group"), table.Cell(of.First(), "arm"))).ToList();
                results.Add(new TrialResult(trial, Record(plan, trial, table, own), table.Cell(own[0], "fork") is { Length: > 0 } fork ? fork : null) { HasDiverged = table.Optional(own[0], "diverged") == "yes" });
            }
            catch (FormatException e)
            {
                problems.Add(e.Message);
            }
        }

        return problems.Count == 0 ? results : throw new DsdException($"The CSV is not that of the study '{plan.Study.Name}':\n  {string.Join("\n  ", problems)}");
    }

    private static RunRecord Record(StudyPlan plan, Trial trial, Table table, List<CsvLine> rows)
    {
        var (planned, config) = (trial.Treatment.Plan, trial.Treatment.Config);
        var record = RunRecord.Empty.Apply(new RunStarted(
            trial.Treatment.Name, trial.Schedule, config.Network, planned.Shape, config.Data, planned.StepsPerEpoch, config.ToString(), config.Optimizer.ToString(), config.GradientClip, trial.Seed, Unknown, plan.Study.Threads, Unknown, Unknown, default, Unknown, DataProblem.NullIfNone(table.LeftOut(rows))));
        var (step, seconds, index) = (0L, 0.0, 0);
        for (var i = 0; i < rows.Count && table.Cell(rows[i], "split") != "test"; i++)
        {
            var row = rows[i];
            var phase = index < planned.Phases.Count ? planned.Phases[index] : throw new FormatException($"Line {row.Number}: the treatment '{trial.Treatment.Name}' has {planned.Phases.Count} phases.");
            if (table.Cell(row, "phase") != phase.Phase.Name)
            {
                throw new FormatException($"Line {row.Number}: the phase is '{table.Cell(row, "phase")}', and in the study it is '{phase.Phase.Name}'.");
            }

            record = record.Apply(new PhaseStarted(index, phase.Phase.Name, step, phase.Steps, []));
            step += phase.Steps;
            record = table.Measured(row, step, DataSplit.Validation) is { } measured ? record.Apply(measured) : record;
            if (i + 1 < rows.Count && table.Cell(rows[i + 1], "split") == "train")
            {
                i++;
                record = table.Measured(rows[i], step, DataSplit.Train) is { } train ? record.Apply(train) : record;
            }

            if (table.Number(row, "seconds") is { } took)
            {
                record = record.Apply(new PhaseEnded(index, step, [], [], took));
                seconds += took;
            }

            index++;
        }

        var tests = rows.FindAll(r => table.Cell(r, "split") == "test");
        foreach (var row in tests)
        {
            // The last one is of the end of training, those before it of phases after which the study reads the test split.
            var phase = planned.Phases.FirstOrDefault(p => row != tests[^1] && p.Phase.Name == table.Cell(row, "phase"));
            var at = phase is null ? row == tests[^1] ? step : throw new FormatException($"Line {row.Number}: the treatment '{trial.Treatment.Name}' has no phase '{table.Cell(row, "phase")}'.") : phase.FirstStep + phase.Steps;
            record = table.Measured(row, at, DataSplit.Test) is { } measured ? record with { Evaluations = record.Evaluations.Add(measured) } : record;
        }

        var outcome = table.Cell(rows[0], "outcome");
        return record.Apply(new RunEnded(
            step,
            Enum.TryParse<RunOutcome>(outcome, ignoreCase: true, out var ended) ? ended : throw new FormatException($"Line {rows[0].Number}: '{outcome}' is not an outcome; use completed, cancelled or failed."),
            ended == RunOutcome.Failed ? $"The reason is {Unknown}." : null,
            seconds));
    }

    private sealed record Table(List<string> Titles, Metric Metric, int Main)
    {
        public string Cell(CsvLine row, string title) => row.Cells[At(title)];

        public string? Optional(CsvLine row, string title) => At(title) is var at and >= 0 && row.Cells[at].Length > 0 ? row.Cells[at] : null;

        public double? Number(CsvLine row, string title) => Number(row, At(title));

        /// <summary>Reads the declaration of the main metric; null in a CSV of an earlier version.</summary>
        public Metric? Declared(List<CsvLine> rows)
        {
            var declarations = rows.GroupBy(r => (Name: Optional(r, "metric"), Goal: Optional(r, "goal"), Scale: Optional(r, "scale"), Unit: Optional(r, "unit") ?? "", Decimals: Optional(r, "decimals"), IsMean: Optional(r, "mean_over_examples") == "yes")).ToList();
            var (of, row) = (declarations[0].Key, declarations[0].First());
            if (declarations.Count > 1)
            {
                throw new FormatException($"Line {declarations[1].First().Number}: the metric is declared otherwise than in line {row.Number}.");
            }

            if (of.Goal is null)
            {
                return null;
            }

            var goal = Value<MetricGoal>(row, "goal", of.Goal);
            if (of.Name is null)
            {
                // An earlier version wrote only the goal; for metrics of Dsd the rest is known.
                return Metric.Goal == MetricGoal.Undeclared && goal != MetricGoal.Undeclared ? new Metric(Metric.Name, goal) : null;
            }

            var scale = of.Scale is null ? MetricScale.Number : Value<MetricScale>(row, "scale", of.Scale);
            return Records.Metric.OfFile(of.Name, goal, scale, of.Unit, of.Decimals is null ? new Metric("any", MetricGoal.Higher, scale).Decimals : (int)Number(row, "decimals")!.Value, of.IsMean);
        }

        /// <summary>Reads the numbers of excluded examples of a trial.</summary>
        public ValueList<DataProblem> LeftOut(List<CsvLine> rows) => rows
            .SelectMany(r => new (DataSplit? Split, string Title)[] { (Cell(r, "split") == "test" ? DataSplit.Test : DataSplit.Validation, "left_out"), (DataSplit.Train, "left_out_of_train"), (null, "left_out_elsewhere") }
                .Where(c => At(c.Title) >= 0)
                .Select(c => (c.Split, Count: Count(r, c.Title) ?? 0)))
            .Where(c => c.Count > 0)
            .Distinct()
            .Select(c => new DataProblem(DataProblemKind.LeftOut, c.Split, $"examples, whose names are {Unknown}", c.Count, []))
            .ToValueList();

        public bool Fits(CsvLine row, List<string> problems)
        {
            if (row.Cells.Count == Titles.Count)
            {
                return true;
            }

            problems.Add($"Line {row.Number} has {row.Cells.Count} cells, and there are {Titles.Count} columns.");
            return false;
        }

        public Evaluated? Measured(CsvLine row, long step, DataSplit split)
        {
            var values = new List<MetricValue>();
            if (Number(row, Main) is { } main)
            {
                values.Add(Metric.Of(main, At("examples") >= 0 && Count(row, "examples") is >= 1 and var examples ? examples : null));
            }

            if (Metric.Name != "loss" && At("loss") >= 0 && Number(row, "loss") is { } loss)
            {
                values.Add(Metric.Loss.Of(loss));
            }

            return values.Count > 0 ? new Evaluated(step, split, values.ToValueList()) : null;
        }

        /// <summary>Reads a number of examples, as large as a double holds exactly.</summary>
        private long? Count(CsvLine row, string title) => Number(row, title) switch
        {
            null => null,
            >= 0 and <= 1L << 53 and var count when count == Math.Floor(count) => (long)count,
            _ => throw new FormatException($"Line {row.Number}: '{Cell(row, title)}' is not a number of examples for {title}."),
        };

        private static T Value<T>(CsvLine row, string title, string text)
            where T : struct, Enum =>
            Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<T>(text, ignoreCase: true)
                : throw new FormatException($"Line {row.Number}: '{text}' is not a valid {title}; use {string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}.");

        // The main metric may have the name of another column.
        private int At(string title) => Titles.FindIndex(t => t == title) is var first && first == Main ? Titles.FindIndex(Main + 1, t => t == title) : first;

        private double? Number(CsvLine row, int column) => row.Cells[column] switch
        {
            "" => null,
            var text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) => value, // one that is not finite is written as an empty cell
            var text => throw new FormatException($"Line {row.Number}: '{text}' is not a number for {Titles[column]}."),
        };
    }
}
