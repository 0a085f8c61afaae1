namespace Dsd.Schedules;

/// <summary>Among which weights the ranking is done.</summary>
public enum MaskSpread
{
    /// <summary>Within each parameter: each has the sparsity asked for. The paper's way.</summary>
    PerLayer,

    /// <summary>
    /// Among all pruned parameters without a level of their own: together they have the sparsity asked for, each keeps at
    /// least one weight.
    /// </summary>
    Global,
}
