namespace Dsd.Schedules;

/// <summary>How a sparsity moves from its start to its target within a phase.</summary>
public enum CurveShape
{
    /// <summary>It has its target from the start.</summary>
    Constant,

    /// <summary>In equal parts.</summary>
    Linear,

    /// <summary>Fast first, then slower: target + (start − target)(1 − p)³ at progress p (Zhu and Gupta, 2017).</summary>
    Cubic,
}
