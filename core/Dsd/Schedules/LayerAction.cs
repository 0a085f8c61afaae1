namespace Dsd.Schedules;

/// <summary>What a rule does with the layers it selects.</summary>
public enum LayerAction
{
    /// <summary>Leaves them dense.</summary>
    Keep,

    /// <summary>Prunes them at the sparsity of the phase.</summary>
    Prune,

    /// <summary>Prunes them at a sparsity of their own.</summary>
    Set,
}
