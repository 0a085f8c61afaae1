namespace Dsd.Schedules;

/// <summary>The rule by which the masks of a phase are chosen, along four independent axes: criterion, distribution, pattern and update.</summary>
public sealed record MaskRule
{
    /// <summary>Creates a rule.</summary>
    /// <param name="criterion">The ranking of the weights. Default: magnitude.</param>
    /// <param name="distribution">The fraction pruned in each layer. Default: the same in all.</param>
    /// <param name="pattern">The sets of weights that may stay. Default: any.</param>
    /// <param name="update">The times at which masks are chosen, and the policy after the first. Default: once on entry.</param>
    /// <param name="within">The masks among whose kept weights this rule chooses. Default null: among all weights.</param>
    public MaskRule(MaskCriterion? criterion = null, SparsityDistribution? distribution = null, MaskPattern? pattern = null, MaskUpdate? update = null, GivenMasks? within = null)
    {
        Criterion = criterion ?? MaskCriterion.Magnitude;
        Distribution = distribution ?? SparsityDistribution.Uniform;
        Pattern = pattern ?? MaskPattern.Element;
        Update = update ?? MaskUpdate.Once;
        Within = within;
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

    /// <summary>The masks among whose kept weights this rule chooses; null for all weights.</summary>
    public GivenMasks? Within { get; }

    /// <summary>The masks that the rule refers to: those of the criterion, and those within which it chooses.</summary>
    internal IEnumerable<GivenMasks> GivenMasks => new[] { Criterion.Masks, Within }.OfType<GivenMasks>();

    /// <summary>Copies this rule with another criterion.</summary>
    /// <param name="criterion">The ranking of the weights.</param>
    public MaskRule WithCriterion(MaskCriterion criterion) => new(criterion, Distribution, Pattern, Update, Within);

    /// <summary>Copies this rule with another distribution.</summary>
    /// <param name="distribution">The fraction pruned in each layer.</param>
    public MaskRule WithDistribution(SparsityDistribution distribution) => new(Criterion, distribution, Pattern, Update, Within);

    /// <summary>Copies this rule with another pattern.</summary>
    /// <param name="pattern">The sets of weights that may stay.</param>
    public MaskRule WithPattern(MaskPattern pattern) => new(Criterion, Distribution, pattern, Update, Within);

    /// <summary>Copies this rule with another update.</summary>
    /// <param name="update">The times at which masks are chosen, and the policy after the first.</param>
    public MaskRule WithUpdate(MaskUpdate update) => new(Criterion, Distribution, Pattern, update, Within);

    /// <summary>Copies this rule so that it chooses among the weights that given masks keep, e.g. those of the phase before, which makes sparsity cumulative.</summary>
    /// <param name="masks">The masks; null for all weights.</param>
    public MaskRule WithWithin(GivenMasks? masks) => new(Criterion, Distribution, Pattern, Update, masks);

    /// <summary>Formats the rule, e.g. <c>"magnitude, per layer, once"</c> or <c>"magnitude, ERK, 2:4 along inputs, every 100 steps"</c>; the pattern of single elements is omitted.</summary>
    public override string ToString() => $"{Criterion}, {Distribution}, {(Pattern == MaskPattern.Element ? "" : $"{Pattern}, ")}{Update}{(Within is null ? "" : $", within {Within}")}";
}
