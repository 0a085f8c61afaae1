namespace Dsd.Schedules;

/// <summary>The action of a rule on the layers that it selects.</summary>
internal enum LayerAction
{
    /// <summary>Leaves them dense.</summary>
    Keep,

    /// <summary>Prunes them at the sparsity of the phase.</summary>
    Prune,

    /// <summary>Prunes them at a separate sparsity.</summary>
    Set,
}
