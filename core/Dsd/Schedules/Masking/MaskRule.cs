namespace Dsd.Schedules;

/// <summary>The rule by which the masks of a phase are chosen, along four independent axes: criterion, distribution, pattern and update.</summary>
public sealed record MaskRule
{
    /// <summary>Creates a rule.</summary>
    /// <param name="criterion">The ranking of the weights. Default: magnitude.</param>
    /// <param name="distribution">The fraction pruned in each layer. Default: the same in all.</param>
    /// <param name="pattern">The sets of weights that may stay. Default: any.</param>
    /// <param name="update">The times at which masks are chosen, and the policy after the first. Default: once on entry.</param>
    public MaskRule(MaskCriterion? criterion = null, SparsityDistribution? distribution = null, MaskPattern? pattern = null, MaskUpdate? update = null)
    {
        Criterion = criterion ?? MaskCriterion.Magnitude;
        Distribution = distribution ?? SparsityDistribution.Uniform;
        Pattern = pattern ?? MaskPattern.Element;
        Update = update ?? MaskUpdate.Once;
    }

    /// <summary>The rule of the paper: magnitude, within each layer, any set of weights, once on entry.</summary>
    public static MaskRule Default { get; } = new();

    /// <summary>The ranking of the weights.</summary>
    public MaskCriterion Criterion { get; }

    /// <summary>The fraction pruned in each layer.</summary>
    public SparsityDistribution Distribution { get; }

    /// <summary>The sets of weights that may stay.</summary>
    public MaskPattern Pattern { get; }

    /// <summary>The times at which masks are chosen, and the policy after the first.</summary>
    public MaskUpdate Update { get; }

    /// <summary>Copies this rule with another criterion.</summary>
    /// <param name="criterion">The ranking of the weights.</param>
    public MaskRule WithCriterion(MaskCriterion criterion) => new(criterion, Distribution, Pattern, Update);

    /// <summary>Copies this rule with another distribution.</summary>
    /// <param name="distribution">The fraction pruned in each layer.</param>
    public MaskRule WithDistribution(SparsityDistribution distribution) => new(Criterion, distribution, Pattern, Update);

    /// <summary>Copies this rule with another pattern.</summary>
    /// <param name="pattern">The sets of weights that may stay.</param>
    public MaskRule WithPattern(MaskPattern pattern) => new(Criterion, Distribution, pattern, Update);

    /// <summary>Copies this rule with another update.</summary>
    /// <param name="update">The times at which masks are chosen, and the policy after the first.</param>
    public MaskRule WithUpdate(MaskUpdate update) => new(Criterion, Distribution, Pattern, update);

    /// <summary>Formats the rule, e.g. <c>"magnitude, per layer, once"</c> or <c>"magnitude, ERK, 2:4 along inputs, every 100 steps"</c>; the pattern of single elements is omitted.</summary>
    public override string ToString() => $"{Criterion}, {Distribution}, {(Pattern == MaskPattern.Element ? "" : $"{Pattern}, ")}{Update}";
}
