namespace Dsd.Benchmarks;

/// <summary>What a case measures with: the effort, the clock, the peers, and a way to state results.</summary>
/// <param name="name">The case.</param>
/// <param name="effort">How much is measured.</param>
/// <param name="byHand">The loop written by hand, in a process of its own.</param>
/// <param name="peer">PyTorch, in a process of its own.</param>
/// <param name="say">Shows how far the case is.</param>
internal sealed class Bench(string name, Effort effort, ByHand byHand, Peer peer, Action<string> say)
{
    private readonly List<Timing> _timings = [];

    public Effort Effort => effort;

    public ByHand ByHand => byHand;

    public Peer Peer => peer;

    /// <summary>Everything that was timed, for the raw results.</summary>
    public IReadOnlyList<Timing> Timings => _timings;

    /// <summary>Costs against sizes, for the picture.</summary>
    public List<Curve> Curves { get; } = [];

    /// <summary>Times contenders round robin.</summary>
    public Timing[] Time(params IReadOnlyList<Contender> contenders) => Time(effort, contenders);

    /// <summary>Times contenders round robin with another effort than the case's.</summary>
    public Timing[] Time(Effort own, params IReadOnlyList<Contender> contenders)
    {
        say($"warming up {string.Join(", ", contenders.Select(c => c.Name))}");
        var timings = Measure.Run(contenders, own, done => say($"round {done} of {own.Rounds}"));
        _timings.AddRange(timings);
        return timings;
    }

    /// <summary>How many times longer one contender takes than another.</summary>
    public Row Ratio(string what, Timing one, Timing other, Bar? bar = null, string note = "")
    {
        var ratio = one.Over(other);
        return new(name, what, ratio.Median, ratio.Low, ratio.High, "×", bar, note);
    }

    /// <summary>A value that varies.</summary>
    public Row Spread(string what, Quantiles value, string unit, Bar? bar = null, string note = "") =>
        new(name, what, value.Median, value.Low, value.High, unit, bar, note);

    /// <summary>A value without a spread.</summary>
    public Row Value(string what, double value, string unit, Bar? bar = null, string note = "") =>
        new(name, what, value, null, null, unit, bar, note);

    /// <summary>A value that could not be measured here.</summary>
    public Row Skipped(string what, string unit, Bar? bar, string why) => new(name, what, null, null, null, unit, bar, why);
}
