using System.Text.Json;
using Dsd.Masks;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>A pattern of whole units, by its plain definition: the matrix outputs × everything else, and the unit to which each of its places belongs.</summary>
/// <param name="Shape">The kind of unit as schedules write it: <c>block</c>, <c>row</c>, <c>column</c> or <c>channel</c>.</param>
/// <param name="Rows">The height of a block.</param>
/// <param name="Columns">The width of a block.</param>
/// <param name="Norm">The norm by which units rank.</param>
internal sealed record UnitPattern(string Shape, long Rows, long Columns, UnitNorm Norm)
{
    /// <summary>Reads a pattern.</summary>
    public static UnitPattern Of(string shape, JsonElement written) => new(
        shape,
        shape == "block" ? written.GetProperty("rows").GetInt64() : 0,
        shape == "block" ? written.GetProperty("columns").GetInt64() : 0,
        Enum.Parse<UnitNorm>(written.GetProperty("norm").GetString()!, ignoreCase: true));

    /// <summary>Divides a tensor: the units of each size, from the largest, and in each the units row by row with the indices of their weights.</summary>
    public List<List<long[]>> Sizes(IReadOnlyList<long> dims)
    {
        var (outputs, kernel) = (dims[0], dims.Skip(2).Aggregate(1L, (a, b) => a * b));
        var width = dims.Skip(1).Aggregate(1L, (a, b) => a * b);
        var units = new Dictionary<(long Down, long Across), List<(long Row, long Column)>>();
        for (var row = 0L; row < outputs; row++)
        {
            for (var column = 0L; column < width; column++)
            {
                var unit = Shape switch
                {
                    "row" => (row, 0L),
                    "column" => (0L, column),
                    "channel" => (0L, column / kernel),
                    _ => (row / Rows, column / Columns),
                };
                if (!units.TryGetValue(unit, out var places))
                {
                    units[unit] = places = [];
                }

                places.Add((row, column));
            }
        }

        // Units at an edge are smaller, and rank among those of their own height and width.
        return [.. units.OrderBy(u => u.Key.Down).ThenBy(u => u.Key.Across)
            .GroupBy(u => (Height: u.Value.Select(p => p.Row).Distinct().Count(), Width: u.Value.Select(p => p.Column).Distinct().Count()))
            .Select(size => size.Select(u => u.Value.Select(p => (p.Row * width) + p.Column).ToArray()).ToList())];
    }

    /// <summary>Ranks units by the norm of their weights' scores; of the 2-norm its square, which orders them alike.</summary>
    public double Rank(long[] unit, Func<long, double> score)
    {
        var rank = 0.0;
        foreach (var index in unit)
        {
            var size = Math.Abs(score(index));
            rank = Norm switch
            {
                UnitNorm.L1 => rank + size,
                UnitNorm.L2 => rank + (size * size),
                _ => Math.Max(rank, size),
            };
        }

        return rank;
    }

    /// <summary>Splits units into kept and pruned ones; null if one is kept in part.</summary>
    public static (List<int> Kept, List<int> Left)? Split(List<long[]> units, BitMask mask)
    {
        var places = Enumerable.Range(0, units.Count).ToList();
        return units.Exists(u => u.Any(i => mask[i] != mask[u[0]])) ? null : (places.FindAll(u => mask[units[u][0]]), places.FindAll(u => !mask[units[u][0]]));
    }
}
