namespace Dsd.Schedules;

/// <summary>The course of an exchanged fraction over the updates of a phase.</summary>
public enum Annealing
{
    /// <summary>Half a cosine down to 0 at the end of the updates (Evci et al., 2020).</summary>
    Cosine,

    /// <summary>A straight line down to 0 at the end of the updates.</summary>
    Linear,

    /// <summary>The same fraction at every update (Mocanu et al., 2018).</summary>
    Constant,
}
