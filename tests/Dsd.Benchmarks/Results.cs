using System.Globalization;
using System.Text.Json;
using Dsd.Charts;

namespace Dsd.Benchmarks;

/// <summary>All rows and raw times of a run, as a table, as JSON and as a picture.</summary>
internal sealed class Results
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<(Case Case, List<Row> Rows, Bench Bench)> _results = [];

    private IEnumerable<Row> Rows => _results.SelectMany(r => r.Rows);

    public void Add(Case one, List<Row> rows, Bench bench) => _results.Add((one, rows, bench));

    /// <summary>The table; verdicts are coloured where a person looks at it.</summary>
    public string Table()
    {
        var table = new TextTable("case", "what", ">median", ">quartiles", "unit", ">bar", "verdict", "note");
        foreach (var row in Rows)
        {
            table.Row(
                row.Case,
                row.What,
                row.Value is { } value ? Show(value) : "",
                row is { Low: { } low, High: { } high } ? $"{Show(low)} – {Show(high)}" : "",
                row.Unit,
                row.Bar?.ToString() ?? "",
                row.Verdict,
                row.Note);
        }

        var text = table.ToString();
        var coloured = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return coloured
            ? text.Replace("| meets ", "| \u001b[32mmeets\u001b[0m ", StringComparison.Ordinal).Replace("| misses ", "| \u001b[31mmisses\u001b[0m ", StringComparison.Ordinal)
            : text;
    }

    /// <summary>The table in one sentence.</summary>
    public string Verdict(bool quick)
    {
        var (met, missed, skipped) = (Rows.Count(r => r.Verdict == "meets"), Rows.Count(r => r.Verdict == "misses"), Rows.Count(r => r.Verdict == "skipped"));
        var caution = quick ? " All sizes were small: this shows that measuring works, not how fast anything is." : "";
        return $"Of {met + missed} bars {met} are met and {missed} are missed; {skipped} rows were skipped.{caution}";
    }

    /// <summary>Everything, with the times of single rounds in seconds.</summary>
    public string ToJson(string machine) => JsonSerializer.Serialize(
        new
        {
            machine,
            rows = Rows.Select(r => new { r.Case, r.What, r.Value, r.Low, r.High, r.Unit, bar = r.Bar?.ToString(), r.Verdict, r.Note }),
            timings = _results.SelectMany(r => r.Bench.Timings.Select(t => new { @case = r.Case.Name, t.Name, t.Repetitions, t.Median, t.Rounds })),
        },
        s_json) + "\n";

    /// <summary>Saves a page, SVG or PNG that shows the cost of masks against the number of weights, and returns its path.</summary>
    public string SavePicture(string path, string machine) => SavePicture(path, machine, _results.SelectMany(r => r.Bench.Curves));

    /// <summary>Saves such a picture of costs that were measured before, and returns its path.</summary>
    public static string SavePicture(string path, string machine, IEnumerable<Curve> curves) => LogLog.ofSeries(
        "Cost of masks by size",
        $"Made-up weights of one layer, half of them pruned; no network, no data. {machine}",
        "weights",
        "milliseconds",
        curves.Select(c => (c.Name, c.Points.AsEnumerable()))).Save(path, 560);

    private static string Show(double value) => value.ToString(
        Math.Abs(value) switch
        {
            >= 1000 => "#,0",
            >= 100 => "0",
            >= 10 => "0.0",
            >= 1 => "0.00#",
            >= 0.001 or 0 => "0.####",
            _ => "0.#e-0",
        },
        CultureInfo.InvariantCulture);
}
