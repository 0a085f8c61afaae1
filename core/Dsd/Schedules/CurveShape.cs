namespace Dsd.Schedules;

/// <summary>The shape of a sparsity curve within a phase.</summary>
internal enum CurveShape
{
    /// <summary>The target from the start.</summary>
    Constant,

    /// <summary>A linear ramp.</summary>
    Linear,

    /// <summary>A cubic ramp, fast first, then slower: target + (start − target)(1 − p)³ at progress p (Zhu and Gupta, 2017).</summary>
    Cubic,
}
