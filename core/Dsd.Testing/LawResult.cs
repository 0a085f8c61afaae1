namespace Dsd.Testing;

/// <summary>One law that held on every case.</summary>
/// <param name="Law">The name of the law, e.g. <c>"exact count"</c>.</param>
/// <param name="Cases">The number of cases to which the law applied; 0 if the cases or the claims left nothing to check.</param>
public sealed record LawResult(string Law, int Cases)
{
    /// <summary>Formats the result in one line, e.g. <c>"✓ exact count (100 cases)"</c>, or <c>"– nested (nothing to check)"</c>.</summary>
    public override string ToString() => Cases == 0
        ? $"– {Law} (nothing to check)"
        : FormattableString.Invariant($"✓ {Law} ({Cases} {(Cases == 1 ? "case" : "cases")})");
}
