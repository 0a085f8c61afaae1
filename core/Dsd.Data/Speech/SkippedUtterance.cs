using Dsd.Records;

namespace Dsd.Data;

/// <summary>An excluded utterance, with the reason.</summary>
/// <param name="Split">The split it would belong to.</param>
/// <param name="Name">Its name.</param>
/// <param name="Reason">The reason, as the rest of a sentence that starts with its name.</param>
internal sealed record SkippedUtterance(DataSplit Split, string Name, string Reason)
{
    /// <summary>Formats name and reason in one line.</summary>
    public override string ToString() => $"'{Name}' {Reason}";
}
