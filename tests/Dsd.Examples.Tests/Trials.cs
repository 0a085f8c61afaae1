using System.Globalization;
using System.Text;
using Dsd.Studies.Statistics;

namespace Dsd.Examples.Tests;

/// <summary>The trials of a study of the evidence, from their CSV.</summary>
internal sealed class Trials
{
    private readonly List<string> _titles;

    private Trials(string[] lines)
    {
        _titles = [.. lines[0].Split(',')];
        Metric = _titles[_titles.IndexOf("training_loss") + 1];
        Rows = [.. lines.Skip(1).Select(Cells)];

        // On test where that was read; otherwise on validation at the end of the last phase.
        IsTest = Rows.Exists(r => At(r, "split") == "test");
        Values =
        [
            .. Rows
                .Where(r => At(r, "outcome") == "completed" && At(r, "selected") == "yes" && (!IsTest || At(r, "split") == "test"))
                .GroupBy(r => (Group: At(r, "group"), Arm: At(r, "arm"), Treatment: At(r, "treatment"), Seed: At(r, "seed")))
                .Select(g => (g.Key.Group, g.Key.Arm, g.Key.Seed, double.Parse(At(g.Last(), Metric), CultureInfo.InvariantCulture))),
        ];
        Groups = [.. Values.Select(v => v.Group).Distinct()];
        Arms = [.. Values.Select(v => v.Arm).Distinct()];
    }

    /// <summary>The main metric's name.</summary>
    public string Metric { get; }

    /// <summary>Whether the test part was read.</summary>
    public bool IsTest { get; }

    /// <summary>All lines.</summary>
    public List<List<string>> Rows { get; }

    /// <summary>The main metric of the selected trials at their end.</summary>
    public List<(string Group, string Arm, string Seed, double Value)> Values { get; }

    /// <summary>The variants.</summary>
    public List<string> Groups { get; }

    /// <summary>The arms, the first of which the others are compared with.</summary>
    public List<string> Arms { get; }

    public static Trials Read(string study) => new(File.ReadAllLines(Path.Combine(Evidence.Folder, study, "trials.csv")));

    /// <summary>A cell of a line by its title.</summary>
    public string At(List<string> row, string title) => row[_titles.IndexOf(title)];

    /// <summary>The first arm less another, seed by seed.</summary>
    public PairedDifference Difference(string group, string arm)
    {
        var other = Values.Where(v => v.Group == group && v.Arm == arm).ToDictionary(v => v.Seed, v => v.Value);
        return PairedDifference.Between(Values
            .Where(v => v.Group == group && v.Arm == Arms[0] && other.ContainsKey(v.Seed))
            .Select(v => (v.Value, other[v.Seed])));
    }

    /// <summary>The cells of a line of CSV; quoted ones may hold commas.</summary>
    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        cells.Add(cell.ToString());
        return cells;
    }
}
