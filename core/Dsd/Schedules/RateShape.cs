namespace Dsd.Schedules;

/// <summary>The shape of a learning rate curve within a phase.</summary>
internal enum RateShape
{
    /// <summary>A constant rate.</summary>
    Constant,

    /// <summary>A rate multiplied by a factor at given fractions of the phase.</summary>
    Step,

    /// <summary>A rate that changes linearly.</summary>
    Linear,

    /// <summary>A rate that follows half a cosine (Loshchilov and Hutter, 2017).</summary>
    Cosine,

    /// <summary>A rate multiplied by the same factor at every step, and so by a constant factor per epoch.</summary>
    Exponential,
}
