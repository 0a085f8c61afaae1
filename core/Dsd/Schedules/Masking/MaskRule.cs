namespace Dsd.Schedules;

/// <summary>How the masks of a phase are chosen: by what, among which, and when; three independent values.</summary>
public sealed record MaskRule
{
    /// <summary>Creates a rule.</summary>
    /// <param name="criterion">What ranks the weights. Default: magnitude.</param>
    /// <param name="spread">Among which weights. Default: within each layer.</param>
    /// <param name="update">When. Default: once on entry.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="spread"/> has no name.</exception>
    public MaskRule(MaskCriterion? criterion = null, MaskSpread spread = MaskSpread.PerLayer, MaskUpdate? update = null)
    {
        Criterion = criterion ?? MaskCriterion.Magnitude;
        Spread = Defined.Value(spread);
        Update = update ?? MaskUpdate.Once;
    }

    /// <summary>The paper's: magnitude, within each layer, once on entry.</summary>
    public static MaskRule Default { get; } = new();

    /// <summary>What ranks the weights.</summary>
    public MaskCriterion Criterion { get; }

    /// <summary>Among which weights the ranking is done.</summary>
    public MaskSpread Spread { get; }

    /// <summary>When masks are chosen.</summary>
    public MaskUpdate Update { get; }

    /// <summary>This rule with another criterion.</summary>
    /// <param name="criterion">What ranks the weights.</param>
    public MaskRule WithCriterion(MaskCriterion criterion) => new(criterion, Spread, Update);

    /// <summary>This rule with another spread.</summary>
    /// <param name="spread">Among which weights the ranking is done.</param>
    public MaskRule WithSpread(MaskSpread spread) => new(Criterion, spread, Update);

    /// <summary>This rule with another time.</summary>
    /// <param name="update">When masks are chosen.</param>
    public MaskRule WithUpdate(MaskUpdate update) => new(Criterion, Spread, update);

    /// <summary>The rule as text, e.g. <c>"magnitude, per layer, once"</c>.</summary>
    public override string ToString() => $"{Criterion}, {(Spread == MaskSpread.Global ? "global" : "per layer")}, {Update}";
}
