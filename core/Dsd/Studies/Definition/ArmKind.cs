namespace Dsd.Studies;

/// <summary>The kind of an arm, which determines how its schedule is derived from that of its variant.</summary>
internal enum ArmKind
{
    /// <summary>The variant's schedule, unchanged.</summary>
    Dsd,

    /// <summary>The same phases and learning rates without any mask, which isolates the effect of the mask.</summary>
    Control,

    /// <summary>Plain training: one phase of the whole budget with a cosine to the schedule's last rate, of which several first rates are tried and the best is selected.</summary>
    Plain,

    /// <summary>A random mask of the same sparsity; each seed has a different mask.</summary>
    RandomMask,

    /// <summary>The same masks, but regrown weights are redrawn from the initialisation instead of starting at zero.</summary>
    Redrawn,

    /// <summary>No mask, but after the first phase the learning rate restarts at its first value and decays along a cosine to the schedule's last rate.</summary>
    WarmRestart,

    /// <summary>A mask that is never lifted: dense phases after the first sparse one keep it.</summary>
    SparseOnly,

    /// <summary>A random mask that removes as much of each layer's norm as the variant's mask of magnitude would.</summary>
    RandomMaskOfEqualNorm,

    /// <summary>No mask, but another weight decay from the start, of which several are tried and the best is selected.</summary>
    WeightDecay,

    /// <summary>Plain training that ends after a part of the budget, of which several are tried and the best is selected.</summary>
    EarlyStopping,

    /// <summary>No mask, but where the variant prunes, some layers return to their initial weights; of several choices of layers the best is selected.</summary>
    RewoundLayers,

    /// <summary>The control on the same examples with their true labels.</summary>
    CleanLabels,

    /// <summary>The first phase alone, a quarter longer, by which <see cref="StudyGates.Converged"/> is checked; no arm of a comparison.</summary>
    LongerFirst,

    /// <summary>Custom schedules, the same for every variant.</summary>
    Own,
}
