namespace Dsd.Schedules;

/// <summary>How a learning rate moves within a phase.</summary>
public enum RateShape
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It is multiplied by a factor at given fractions of the phase.</summary>
    Step,

    /// <summary>It moves in a straight line.</summary>
    Linear,

    /// <summary>It moves along half a cosine (Loshchilov and Hutter, 2017).</summary>
    Cosine,

    /// <summary>It is multiplied by the same factor at every step, and so by the same in every epoch.</summary>
    Exponential,
}
