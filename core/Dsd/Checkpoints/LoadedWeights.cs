using System.Text;

namespace Dsd.Checkpoints;

/// <summary>A list of what was loaded from a weight file into a model, what was converted, and what was left as it was.</summary>
/// <param name="Path">The file, or the index of its shards.</param>
/// <param name="Prefix">The prefix that was removed from each name of the file, e.g. <c>"module."</c>; empty if none.</param>
/// <param name="Loaded">The parameters and buffers that have the file's values, in the model's order; converted ones among them.</param>
/// <param name="Converted">Those of them that have another number format in the file.</param>
/// <param name="LeftAsInitialised">The parameters and buffers that were excepted.</param>
/// <param name="StartedAtZero">The batch counts of norms that the file lacks, as files from before PyTorch 0.4.1 do.</param>
/// <param name="NotUsed">The tensors of the file that were excepted, by their names in it.</param>
public sealed record LoadedWeights(
    string Path,
    string Prefix,
    ValueList<string> Loaded,
    ValueList<ConvertedWeight> Converted,
    ValueList<string> LeftAsInitialised,
    ValueList<string> StartedAtZero,
    ValueList<string> NotUsed)
{
    private const int DefaultNames = 4;

    /// <summary>Formats the list: one line for each kind, with its count and its first names.</summary>
    /// <param name="names">The most names a line shows, at least 1. Default 4.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="names"/> is below 1.</exception>
    public string Describe(int names = DefaultNames)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(names, 1);
        var text = new StringBuilder($"Weights from {Path}{(Prefix.Length > 0 ? $", without the prefix '{Prefix}' of its names" : "")}\n");
        Line("loaded", Loaded);
        foreach (var format in Converted.GroupBy(c => (c.From, c.To)))
        {
            Line($"of these converted from {format.Key.From} to {format.Key.To}", [.. format.Select(c => c.Name)]);
        }

        Line("left as initialised", LeftAsInitialised);
        Line("batch counts that the file lacks, at 0", StartedAtZero);
        Line("not used of the file", NotUsed);
        return text.ToString();

        void Line(string kind, IReadOnlyList<string> all)
        {
            if (all.Count > 0)
            {
                text.Append(FormattableString.Invariant($"  {kind}: {all.Count}: {string.Join(", ", all.Take(names))}{(all.Count > names ? FormattableString.Invariant($" and {all.Count - names} more") : "")}\n"));
            }
        }
    }

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();
}
