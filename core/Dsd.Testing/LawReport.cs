namespace Dsd.Testing;

/// <summary>The laws that were checked and held.</summary>
/// <param name="Subject">The checked method or loop in a few words.</param>
/// <param name="Laws">The laws in the order in which they are documented.</param>
/// <param name="Seed">The seed of the cases.</param>
public sealed record LawReport(string Subject, ValueList<LawResult> Laws, long Seed)
{
    /// <summary>Formats the report: the subject, then one line for each law.</summary>
    public override string ToString() => FormattableString.Invariant($"{Subject} (seed {Seed})\n{string.Join('\n', Laws)}");
}
