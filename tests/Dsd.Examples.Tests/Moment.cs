using Dsd.Schedules;

namespace Dsd.Examples.Tests;

/// <summary>The moment at which trials are compared: the end of a phase, on validation, or the end of training, on test where that was read.</summary>
internal readonly record struct Moment(Index? Phase)
{
    public static Moment End { get; } = new(null);

    /// <summary>The end of training on validation, also where the test split was read.</summary>
    public static Moment EndOnValidation { get; } = new(^1);

    public static Moment EndOf(int phase) => new(phase);
}
