using System.Diagnostics;

namespace Dsd.Benchmarks;

/// <summary>Something that is timed beside others.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Seconds">Does the work so many times and tells how long that took; what must be set up or undone around the work is not in that time.</param>
/// <param name="Units">How many units of work one time is, e.g. weights; times are reported for one unit.</param>
internal sealed record Contender(string Name, Func<int, double> Seconds, double Units = 1)
{
    /// <summary>A contender that this process times by its own clock.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="work">Does the work so many times.</param>
    /// <param name="units">How many units of work one time is.</param>
    public static Contender Of(string name, Action<int> work, double units = 1) => new(
        name,
        times =>
        {
            var clock = Stopwatch.StartNew();
            work(times);
            return clock.Elapsed.TotalSeconds;
        },
        units);

    /// <summary>A contender whose work is one call, repeated.</summary>
    public static Contender Repeated(string name, Action once, double units = 1) => Of(
        name,
        times =>
        {
            for (var i = 0; i < times; i++)
            {
                once();
            }
        },
        units);
}
