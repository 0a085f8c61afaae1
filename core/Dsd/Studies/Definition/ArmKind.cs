namespace Dsd.Studies;

/// <summary>How an arm's schedule follows from that of its variant.</summary>
public enum ArmKind
{
    /// <summary>The variant's schedule as it is.</summary>
    Dsd,

    /// <summary>The same phases and rates without any mask: it alone isolates what the mask does.</summary>
    Control,

    /// <summary>One phase of the whole budget, at its own best single rate: a cosine to the schedule's last rate, of which several starts are tried and one is selected.</summary>
    Plain,

    /// <summary>The same sparsity, pruned at random; each seed has a mask of its own.</summary>
    RandomMask,

    /// <summary>The same masks, but pruned weights restart from fresh draws of the initialisation and not from zero.</summary>
    Redrawn,

    /// <summary>No mask, but after the first phase the rate starts again at the top and falls along a cosine to the schedule's last rate.</summary>
    WarmRestart,

    /// <summary>The mask is never lifted: dense phases after the first sparse one keep its mask.</summary>
    SparseOnly,

    /// <summary>Schedules of one's own, the same for every variant.</summary>
    Own,
}
