namespace Dsd.Testing;

/// <summary>The properties that a mask method claims beyond those of every method.</summary>
[Flags]
public enum MaskClaims
{
    /// <summary>None but those of every method: exact counts, determinism, no state outside of the context, no change to the layer.</summary>
    None = 0,

    /// <summary>The mask follows its weights when they are permuted together with their gradients, if no two rank alike.</summary>
    IgnoresOrder = 1,

    /// <summary>A positive factor on all weights changes nothing.</summary>
    IgnoresScale = 2,

    /// <summary>A mask that keeps fewer weights keeps a subset.</summary>
    Nested = 4,

    /// <summary>Chosen again among weights that are already masked, the mask stays.</summary>
    Idempotent = 8,

    /// <summary>A weight that is NaN or infinite is refused with an exception.</summary>
    RefusesNonFinite = 16,

    /// <summary>Every claim.</summary>
    All = IgnoresOrder | IgnoresScale | Nested | Idempotent | RefusesNonFinite,
}
