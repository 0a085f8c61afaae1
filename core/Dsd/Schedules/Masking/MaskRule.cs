namespace Dsd.Schedules;

/// <summary>How the masks of a phase are chosen, along four independent axes: criterion, distribution, pattern and update.</summary>
public sealed record MaskRule
{
    /// <summary>Creates a rule.</summary>
    /// <param name="criterion">What ranks the weights. Default: magnitude.</param>
    /// <param name="distribution">How much of each layer is pruned. Default: equally much.</param>
    /// <param name="pattern">Which sets of weights may stay. Default: any.</param>
    /// <param name="update">When masks are chosen, and how after the first time. Default: once on entry.</param>
    public MaskRule(MaskCriterion? criterion = null, SparsityDistribution? distribution = null, MaskPattern? pattern = null, MaskUpdate? update = null)
    {
        Criterion = criterion ?? MaskCriterion.Magnitude;
        Distribution = distribution ?? SparsityDistribution.Uniform;
        Pattern = pattern ?? MaskPattern.Element;
        Update = update ?? MaskUpdate.Once;
    }

    /// <summary>The paper's: magnitude, within each layer, any set of weights, once on entry.</summary>
    public static MaskRule Default { get; } = new();

    /// <summary>What ranks the weights.</summary>
    public MaskCriterion Criterion { get; }

    /// <summary>How much of each layer is pruned.</summary>
    public SparsityDistribution Distribution { get; }

    /// <summary>Which sets of weights may stay.</summary>
    public MaskPattern Pattern { get; }

    /// <summary>When masks are chosen, and how after the first time.</summary>
    public MaskUpdate Update { get; }

    /// <summary>This rule with another criterion.</summary>
    /// <param name="criterion">What ranks the weights.</param>
    public MaskRule WithCriterion(MaskCriterion criterion) => new(criterion, Distribution, Pattern, Update);

    /// <summary>This rule with another distribution.</summary>
    /// <param name="distribution">How much of each layer is pruned.</param>
    public MaskRule WithDistribution(SparsityDistribution distribution) => new(Criterion, distribution, Pattern, Update);

    /// <summary>This rule with another pattern.</summary>
    /// <param name="pattern">Which sets of weights may stay.</param>
    public MaskRule WithPattern(MaskPattern pattern) => new(Criterion, Distribution, pattern, Update);

    /// <summary>This rule with another update.</summary>
    /// <param name="update">When masks are chosen, and how after the first time.</param>
    public MaskRule WithUpdate(MaskUpdate update) => new(Criterion, Distribution, Pattern, update);

    /// <summary>The rule as text, e.g. <c>"magnitude, per layer, once"</c> or <c>"magnitude, ERK, 2:4 along inputs, every 100 steps"</c>; the pattern of single elements goes without saying.</summary>
    public override string ToString() => $"{Criterion}, {Distribution}, {(Pattern == MaskPattern.Element ? "" : $"{Pattern}, ")}{Update}";
}
