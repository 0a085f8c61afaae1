using System.Globalization;
using System.Text.RegularExpressions;
using Dsd.Masks;
using Dsd.Schedules;
using MathNet.Numerics;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>How the cost of masks grows with the number of weights of one layer.</summary>
internal static partial class GrowthCase
{
    public const string Name = "growth";
    private const string Selection = "selection of a mask";
    private const string Step = "masked step of the optimiser";

    public static IEnumerable<Row> Rows(Bench bench)
    {
        // A few seconds a size would be spent on the largest alone; its batches are long enough to need fewer rounds.
        var effort = bench.Effort with { Rounds = Math.Min(bench.Effort.Rounds, 7) };
        var sizes = bench.Effort.Pick<double[]>([1e6, 3e6, 10e6, 30e6, 100e6, 200e6], [1e5, 3e5, 1e6]);
        var selection = new List<(double Size, double Cost)>();
        var step = new List<(double Size, double Cost)>();
        foreach (var size in sizes)
        {
            var layer = nn.Linear(1000, (long)size / 1000, hasBias: false);
            using var masked = new OptimizerOnly(layer, sparse: true);
            using var weights = new TorchSharp.Modules.Parameter(randn((long)size));
            var timings = bench.Time(
                effort,
                Contender.Repeated("selection", () => MaskSet.Choose(new MaskContext("weight", weights), new Sparsity(Workload.Sparsity)), size),
                Contender.Repeated("masked step of the optimiser", masked.Step, size));
            var millions = string.Create(CultureInfo.InvariantCulture, $"{size / 1e6:0.#} M weights");
            selection.Add((size, timings[0].Median * size * 1e3));
            step.Add((size, timings[1].Median * size * 1e3));
            yield return bench.Spread($"selection, {millions}", timings[0].Times(1e9), "ns a weight");
            yield return bench.Spread($"masked step of the optimiser, {millions}", timings[1].Times(1e9), "ns a weight");
        }

        bench.Curves.Add(new(Selection, selection));
        bench.Curves.Add(new(Step, step));
        yield return bench.Value("selection, slope of the log-log fit", Slope(selection), "", note: "1 is proportional to size");
        yield return bench.Value("masked step, slope of the log-log fit", Slope(step), "", note: "1 is proportional to size");
    }

    /// <summary>The machine and the curves of a table that was printed.</summary>
    /// <exception cref="DsdException">The table has no rows of this case.</exception>
    public static (string Machine, List<Curve> Curves) Read(string path)
    {
        var lines = File.ReadAllLines(path);
        var rows = lines.Select(l => Printed().Match(l)).Where(m => m.Success).ToList();
        List<(double Size, double Cost)> Points(string what) =>
        [
            .. from row in rows
               where row.Groups["what"].Value == what
               let size = 1e6 * double.Parse(row.Groups["millions"].Value, CultureInfo.InvariantCulture)
               select (size, size * double.Parse(row.Groups["ns"].Value, CultureInfo.InvariantCulture) * 1e-6),
        ];
        var machine = lines.FirstOrDefault(l => l.Contains(", TorchSharp ", StringComparison.Ordinal))?.Split(". Printed")[0] ?? "";
        return rows.Count > 0
            ? (machine, [new(Selection, Points("selection")), new(Step, Points(Step))])
            : throw new DsdException($"{path} has no row of the case '{Name}'.");
    }

    [GeneratedRegex(@"^\|\s*growth\s*\|\s*(?<what>[^|,]+), (?<millions>[0-9.]+) M weights\s*\|\s*(?<ns>[0-9.]+)\s*\|")]
    private static partial Regex Printed();

    private static double Slope(List<(double Size, double Cost)> points) =>
        Fit.Line([.. points.Select(p => Math.Log(p.Size))], [.. points.Select(p => Math.Log(p.Cost))]).B;
}
