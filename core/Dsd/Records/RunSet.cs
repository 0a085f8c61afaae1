using System.Globalization;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Records;

/// <summary>Several runs side by side: the settings in which they differ, their results, and differences where runs are pairs.</summary>
/// <remarks>
/// Runs of the same settings but for the seed are repetitions. If there are repetitions of two settings with the same seeds, arms are paired seed by
/// seed, with intervals over seeds; otherwise each run is compared with the first, with intervals over test examples.
/// </remarks>
[TypeFormatterSource]
public sealed record RunSet
{
    private const int FewestSeeds = 2;

    private RunSet(ValueList<(string Name, Comparison Run)> runs) => Runs = runs;

    /// <summary>The runs, each with a name: the shortest end of its path that is its alone.</summary>
    public ValueList<(string Name, Comparison Run)> Runs { get; }

    /// <summary>The main metric.</summary>
    public Metric Metric => Metric.MainOf(Runs.SelectMany(r => r.Run.Runs));

    /// <summary>Every arm of every run, under the name <c>RUN/ARM</c>, for charts.</summary>
    public ValueList<RunRecord> Arms => Runs.SelectMany(r => r.Run.Runs.Where(a => a.Start is not null).Select(a => Renamed(a, $"{r.Name}/{a.Arm}"))).ToValueList();

    /// <summary>Reads runs from their folders, complete or not.</summary>
    /// <param name="folders">The folders, at least two different ones, e.g. <c>runs/half</c> and <c>runs/most</c>.</param>
    /// <exception cref="DsdException">There are fewer than two, or one holds no run or is damaged; all such problems are listed.</exception>
    public static RunSet Load(params IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        var paths = folders.Select(Path.GetFullPath).Select(Path.TrimEndingDirectorySeparator).ToList();
        var problems = new List<string>();
        if (paths.Distinct().Count() < Math.Max(2, paths.Count))
        {
            problems.Add(paths.Count < 2 ? "Give at least two runs to compare." : $"{string.Join(", ", paths.GroupBy(p => p).Where(g => g.Count() > 1).Select(g => g.Key))}: given twice; compare different runs.");
        }

        var runs = new List<(string, Comparison)>();
        foreach (var (folder, name) in folders.Zip(Names(paths)))
        {
            try
            {
                var run = Comparison.Load(folder);
                runs.Add((name, run.Runs.All(r => r.Start is null) ? throw new DsdException($"{folder}: the run has not started.") : run));
            }
            catch (DsdException e)
            {
                problems.Add(e.Message);
            }
        }

        return problems.Count == 0 ? new(runs.ToValueList()) : throw new DsdException(string.Join("\n", problems));
    }

    /// <summary>The table of the settings in which the runs differ, one row per setting and one column per run.</summary>
    public TextTable Settings()
    {
        var all = Runs.Select(r => RunSettings.Of(r.Run)).ToList();
        var table = new TextTable(["setting", .. Runs.Select(r => r.Name)]);
        foreach (var setting in all.SelectMany(s => s.Keys).Distinct())
        {
            var values = all.Select(s => s.GetValueOrDefault(setting, "–")).ToArray();
            if (values.Distinct().Count() > 1)
            {
                table.Row([setting, .. values]);
            }
        }

        return table;
    }

    /// <summary>The table of results, one row per arm of a run.</summary>
    public TextTable Table()
    {
        var metric = Metric;
        var table = new TextTable("run", "arm", ">seed", ">validation", ">test", ">test loss", ">beside its last arm", "outcome");
        foreach (var (name, run) in Runs)
        {
            foreach (var arm in run.Runs.Where(a => a.Start is not null))
            {
                var isLast = ReferenceEquals(arm, run.Runs[^1]);
                table.Row(
                    name,
                    arm.Arm,
                    arm.Start!.Seed.ToString(CultureInfo.InvariantCulture),
                    metric.Show(metric.In(arm.Validation)),
                    metric.Show(metric.In(arm.Test)),
                    arm.Test?.Value("loss") is { } loss ? loss.ToString("0.0000", CultureInfo.InvariantCulture) : "–",
                    isLast ? "–" : metric.ShowDifference(metric.In(arm.Test) - metric.In(run.Runs[^1].Test)),
                    arm.End is { } end ? end.Outcome.ToString().ToLowerInvariant() : "breaks off");
            }
        }

        return table;
    }

    /// <summary>Compares arms of the same name: seed by seed where settings were repeated with the same seeds, otherwise each run with the first.</summary>
    /// <returns>The differences, each with what it is of; empty if nothing can be compared.</returns>
    public IEnumerable<RunDifference> Differences()
    {
        var metric = Metric;
        var groups = Runs.GroupBy(r => RunSettings.InCommon(r.Run)).Select(g => g.ToList()).ToList();
        var reference = groups[0];

        // The same seed twice is one run done again, not a repetition.
        if (groups.Exists(g => g.Select(r => SeedOf(r.Run)).Distinct().Count() < g.Count))
        {
            return Runs.Skip(1).SelectMany(r => OverExamples(Runs[0], r, metric));
        }

        if (groups.Count > 1 && reference.Count >= FewestSeeds && groups.Skip(1).All(g => Shared(reference, g).Count >= FewestSeeds))
        {
            return groups.Skip(1).SelectMany(g => OverSeeds(reference, g, metric));
        }

        return groups.Count == 1 && reference.Count >= FewestSeeds ? Within(reference, metric) : Runs.Skip(1).SelectMany(r => OverExamples(Runs[0], r, metric));
    }

    /// <summary>The table of <see cref="Differences"/>, one row each; empty if nothing can be compared.</summary>
    public TextTable DifferenceTable()
    {
        var table = new TextTable("difference", $">{Metric.Name}", ">95 % interval", ">over", ">p");
        foreach (var difference in Differences())
        {
            table.Row(
                $"{difference.First} − {difference.Other}",
                Metric.ShowDifference(difference.Value),
                Metric.ShowInterval(difference.Interval),
                difference.IsOverSeeds ? string.Create(CultureInfo.InvariantCulture, $"{difference.Seeds} seeds") : string.Create(CultureInfo.InvariantCulture, $"{difference.OverExamples!.Examples:N0} examples"),
                PValue.Show(difference.AllowsVerdict ? difference.OverSeeds!.PValue : null));
        }

        return table;
    }

    /// <summary>Explains the table of differences in sentences.</summary>
    public string ExplainDifferences() => $"Differences on test, in {Metric.DifferenceUnit}. {(Differences().Any(d => d.IsOverSeeds)
        ? "Arms are paired seed by seed, intervals are Student's t; p is of the paired t-test, from six pairs on, without a correction for several differences."
        : "Intervals cover the choice of test examples, not seeds: repeat with others before believing a difference.")}";

    /// <summary>Formats the settings that differ, the results and the differences, independent of culture.</summary>
    public string Describe()
    {
        var settings = Settings();
        var differences = DifferenceTable();
        return $"{(settings.Rows.Count > 0 ? $"Settings that differ:\n\n{settings}" : "All settings are the same.\n")}\n{Explain()}\n\n{Table()}{(differences.Rows.Count > 0 ? $"\n{ExplainDifferences()}\n\n{differences}" : "")}";
    }

    /// <summary>Explains the columns of the results in a sentence.</summary>
    public string Explain() => $"{Metric.Title} on validation and on test at the end; {Metric.GoalText}.";

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    private static long SeedOf(Comparison run) => run.Runs.Select(r => r.Start).First(s => s is not null)!.Seed;

    private static List<long> Shared(List<(string Name, Comparison Run)> first, List<(string Name, Comparison Run)> other) =>
        [.. first.Select(r => SeedOf(r.Run)).Intersect(other.Select(r => SeedOf(r.Run)))];

    private static IEnumerable<RunDifference> OverSeeds(List<(string Name, Comparison Run)> reference, List<(string Name, Comparison Run)> other, Metric metric)
    {
        foreach (var arm in reference[0].Run.Runs.Select(a => a.Arm).Intersect(other[0].Run.Runs.Select(a => a.Arm)))
        {
            var pairs = Shared(reference, other).Select(seed => (First: Value(other, seed, arm), Other: Value(reference, seed, arm))).ToList();
            if (Of($"{NameOf(other)}/{arm}", $"{NameOf(reference)}/{arm}", pairs, metric) is { } difference)
            {
                yield return difference;
            }
        }

        double? Value(List<(string Name, Comparison Run)> runs, long seed, string arm) => metric.In(runs.First(r => SeedOf(r.Run) == seed).Run.Runs.First(a => a.Arm == arm).Test);
    }

    /// <summary>Names repetitions by what their names begin with, e.g. <c>half-*</c>.</summary>
    private static string NameOf(List<(string Name, Comparison Run)> runs)
    {
        var begin = runs.Select(r => r.Name).Aggregate((a, b) => a[..a.Zip(b).TakeWhile(p => p.First == p.Second).Count()]);
        return begin.Length > 0 ? $"{begin}*" : $"{runs[0].Name} and repetitions";
    }

    /// <summary>Compares the arms of repetitions with their last arm.</summary>
    private static IEnumerable<RunDifference> Within(List<(string Name, Comparison Run)> runs, Metric metric)
    {
        var names = runs[0].Run.Runs.Select(a => a.Arm).ToList();
        return names.SkipLast(1).Select(arm => Of(arm, names[^1], [.. runs.Select(r => (metric.In(r.Run.Runs.First(a => a.Arm == arm).Test), metric.In(r.Run.Runs.First(a => a.Arm == names[^1]).Test)))], metric)).OfType<RunDifference>();
    }

    private static RunDifference? Of(string first, string other, List<(double? First, double? Other)> pairs, Metric metric)
    {
        var values = pairs.Where(p => double.IsFinite((p.First - p.Other) ?? double.NaN)).Select(p => (p.First!.Value, p.Other!.Value)).ToList();
        return values.Count == 0 ? null : new(first, other, metric, PairedDifference.Between(values), null);
    }

    private static IEnumerable<RunDifference> OverExamples((string Name, Comparison Run) reference, (string Name, Comparison Run) run, Metric metric) =>
        from arm in run.Run.Runs
        from same in reference.Run.Runs
        where arm.Start is not null && same.Start is not null && arm.Arm == same.Arm
        let difference = ArmDifference.Of(Renamed(arm, $"{run.Name}/{arm.Arm}"), Renamed(same, $"{reference.Name}/{same.Arm}"), metric)
        where difference is not null
        select new RunDifference(difference.First, difference.Other, metric, null, difference);

    private static RunRecord Renamed(RunRecord run, string name) => run with { Start = run.Start! with { Arm = name } };

    /// <summary>Returns the shortest end of each path that no other path has.</summary>
    private static List<string> Names(List<string> paths)
    {
        var parts = paths.ConvertAll(p => p.Split(Path.DirectorySeparatorChar));
        return [.. parts.Select(own => Enumerable.Range(1, own.Length)
            .Select(n => string.Join('/', own[^n..]))
            .FirstOrDefault(end => parts.Count(p => $"/{string.Join('/', p)}".EndsWith($"/{end}", StringComparison.Ordinal)) == 1) ?? string.Join('/', own))];
    }
}
