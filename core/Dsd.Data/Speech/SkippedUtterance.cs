using Dsd.Records;

namespace Dsd.Data;

/// <summary>An utterance that was left out, and why.</summary>
/// <param name="Split">The part it was to belong to.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Reason">Why, as the rest of a sentence that begins with its name.</param>
public sealed record SkippedUtterance(DataSplit Split, string Name, string Reason)
{
    /// <summary>Name and reason in one line.</summary>
    public override string ToString() => $"'{Name}' {Reason}";
}
