using System.Globalization;

namespace Dsd.Records;

/// <summary>A quantity that tasks measure: its name, the direction in which it is better, and how its values are shown and come about.</summary>
/// <remarks>
/// Selections, verdicts, arrows, tables and charts go by this declaration alone; nothing follows from the name. A task gives values of its
/// metrics: <c>Metric.Accuracy.Of(0.91)</c>, or of one's own, <c>new Metric("F1", MetricGoal.Higher, MetricScale.Percent).Of(0.87)</c>.
/// </remarks>
public sealed record Metric
{
    private const int MostDecimals = 12;

    /// <summary>Declares a metric.</summary>
    /// <param name="name">Its name, e.g. <c>"F1"</c>; not blank.</param>
    /// <param name="goal"><see cref="MetricGoal.Higher"/> or <see cref="MetricGoal.Lower"/>.</param>
    /// <param name="scale">How its values are shown. Default <see cref="MetricScale.Number"/>.</param>
    /// <param name="unit">The unit of its values, e.g. <c>"dB"</c>; empty for none, and where they are shown in percent. Default empty.</param>
    /// <param name="decimals">Digits after the point when shown, 0 to 12. Default null: 2 in percent, else 4.</param>
    /// <param name="isMeanOverExamples">
    /// Whether it is the mean of one outcome an example, weighted or not, as accuracies and losses are, and BLEU or F1 are not. Default false.
    /// </param>
    /// <exception cref="ArgumentException">The name is blank, or a metric in percent has a unit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The goal is not declared, or <paramref name="decimals"/> is outside its range.</exception>
    public Metric(string name, MetricGoal goal, MetricScale scale = MetricScale.Number, string unit = "", int? decimals = null, bool isMeanOverExamples = false)
        : this(name, goal, scale, unit, decimals ?? (scale == MetricScale.Percent ? 2 : 4), isMeanOverExamples, isOfOldFile: false)
    {
    }

    private Metric(string name, MetricGoal goal, MetricScale scale, string unit, int decimals, bool isMeanOverExamples, bool isOfOldFile)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(unit);
        if (!Enum.IsDefined(goal) || (goal == MetricGoal.Undeclared && !isOfOldFile))
        {
            throw new ArgumentOutOfRangeException(nameof(goal), goal, $"The metric '{name}' must declare its goal: {nameof(MetricGoal.Higher)} or {nameof(MetricGoal.Lower)}.");
        }

        if (!Enum.IsDefined(scale))
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, $"The metric '{name}' is shown as {nameof(MetricScale.Number)} or in {nameof(MetricScale.Percent)}.");
        }

        if (decimals is < 0 or > MostDecimals)
        {
            throw new ArgumentOutOfRangeException(nameof(decimals), decimals, FormattableString.Invariant($"The metric '{name}' can be shown with 0 to {MostDecimals} decimals."));
        }

        if (scale == MetricScale.Percent && unit.Length > 0)
        {
            throw new ArgumentException($"The metric '{name}' is shown in percent, and so has no unit of its own; '{unit}' was given.", nameof(unit));
        }

        (Name, Goal, Scale, Unit, Decimals, IsMeanOverExamples) = (name, goal, scale, unit, decimals, isMeanOverExamples);
    }

    /// <summary>The fraction of examples that are classified rightly.</summary>
    public static Metric Accuracy { get; } = new("accuracy", MetricGoal.Higher, MetricScale.Percent, isMeanOverExamples: true);

    /// <summary>The fraction of examples whose class is among the five highest scores.</summary>
    public static Metric TopFiveAccuracy { get; } = new("top-5 accuracy", MetricGoal.Higher, MetricScale.Percent, isMeanOverExamples: true);

    /// <summary>The mean loss over examples, in the unit of the loss function, e.g. nats of a cross entropy.</summary>
    public static Metric Loss { get; } = new("loss", MetricGoal.Lower, isMeanOverExamples: true);

    /// <summary>Its name.</summary>
    public string Name { get; private init; }

    /// <summary>The direction in which it is better.</summary>
    public MetricGoal Goal { get; }

    /// <summary>How its values are shown.</summary>
    public MetricScale Scale { get; }

    /// <summary>The unit of its values; empty for none.</summary>
    public string Unit { get; }

    /// <summary>Digits after the point when shown.</summary>
    public int Decimals { get; }

    /// <summary>Whether it is the mean of one outcome an example, weighted or not.</summary>
    public bool IsMeanOverExamples { get; private init; }

    /// <summary>What its differences are counted in, e.g. <c>"points of accuracy"</c>, <c>"dB of PSNR"</c> or <c>"loss"</c>.</summary>
    internal string DifferenceUnit => IsPercent ? $"points of {Name}" : Unit.Length > 0 ? $"{Unit} of {Name}" : Name;

    /// <summary>Whether its values are shown in percent.</summary>
    internal bool IsPercent => Scale == MetricScale.Percent;

    /// <summary>Its name as the first word of a sentence.</summary>
    internal string Title => $"{char.ToUpperInvariant(Name[0])}{Name[1..]}";

    /// <summary>The direction in which it is better as a clause, e.g. <c>"higher is better"</c>.</summary>
    internal string GoalText => Goal switch
    {
        MetricGoal.Higher => "higher is better",
        MetricGoal.Lower => "lower is better",
        _ => "the record does not say whether higher or lower is better",
    };

    /// <summary>A value of it that was measured.</summary>
    /// <param name="value">The value; a fraction of 1 where the metric is shown in percent.</param>
    /// <param name="examples">How many examples it was measured on, at least 1, or null where that is not told. Default null.</param>
    /// <param name="outcomes">The outcome of each example, for paired intervals; only of a mean over examples. Default null.</param>
    /// <exception cref="ArgumentException">See <see cref="MetricValue"/>.</exception>
    public MetricValue Of(double value, long? examples = null, ExampleOutcomes? outcomes = null) => new(this, value, examples ?? outcomes?.Count, outcomes);

    /// <summary>The same metric under another name, e.g. measured in another way.</summary>
    /// <param name="name">The name; not blank.</param>
    public Metric WithName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return this with { Name = name };
    }

    /// <summary>The same metric, which its task computes as a mean over examples.</summary>
    internal Metric AsMeanOverExamples() => this with { IsMeanOverExamples = true };

    /// <summary>
    /// The metric by which runs are compared, the one that their task measures first; accuracy before anything was measured. A declaration in any
    /// run goes before its lack in an old record.
    /// </summary>
    internal static Metric MainOf(IEnumerable<RunRecord> runs)
    {
        Metric? main = null;
        foreach (var metric in runs.SelectMany(r => r.Metrics))
        {
            main ??= metric;
            if (main.Goal != MetricGoal.Undeclared)
            {
                return main;
            }

            main = metric.Name == main.Name ? metric : main;
        }

        return main ?? Accuracy;
    }

    /// <summary>What values mean by the declaration: goal, scale and unit, e.g. <c>"lower is better, in dB"</c>.</summary>
    internal string Declaration => $"{GoalText}, {(IsPercent ? "in percent" : Unit.Length > 0 ? $"in {Unit}" : "without a unit")}";

    /// <summary>A metric as a file declares it, which may be undeclared.</summary>
    /// <exception cref="ArgumentException">See the constructor.</exception>
    internal static Metric OfFile(string name, MetricGoal goal, MetricScale scale, string unit, int decimals, bool isMeanOverExamples) =>
        new(name, goal, scale, unit, decimals, isMeanOverExamples, isOfOldFile: true);

    /// <summary>The metric of a record that gives its name only: those that Dsd measured then are known, any other is undeclared.</summary>
    internal static Metric OfOldFile(string name) => name.Split(',')[0] switch
    {
        "accuracy" or "top-5 accuracy" => Accuracy.WithName(name),
        "loss" => Loss.WithName(name),
        "BLEU-1" or "BLEU-2" or "BLEU-3" or "BLEU-4" => new(name, MetricGoal.Higher, MetricScale.Percent),
        "CER" or "WER" => new(name, MetricGoal.Lower, MetricScale.Percent, isMeanOverExamples: true),
        "bits per character" => new(name, MetricGoal.Lower, isMeanOverExamples: true),
        "perplexity" => new(name, MetricGoal.Lower),
        _ => new(name, MetricGoal.Undeclared, MetricScale.Number, "", 4, isMeanOverExamples: false, isOfOldFile: true),
    };

    /// <summary>Its value in a measurement, or null where it was not measured.</summary>
    internal double? In(Evaluated? measured) => measured?.Value(Name);

    /// <summary>By how much a difference is better: the difference itself where higher is better, its opposite where lower is.</summary>
    /// <exception cref="InvalidOperationException">The goal is not declared.</exception>
    internal double Gain(double difference) => Goal switch
    {
        MetricGoal.Higher => difference,
        MetricGoal.Lower => -difference,
        _ => throw new InvalidOperationException($"The goal of '{Name}' is not declared."),
    };

    /// <summary>What a difference is called: <c>"better"</c> or <c>"worse"</c>; <c>"higher"</c> or <c>"lower"</c> where the goal is not declared.</summary>
    internal string Verdict(double difference) => Goal == MetricGoal.Undeclared
        ? difference > 0 ? "higher" : "lower"
        : Gain(difference) > 0 ? "better" : "worse";

    /// <summary>A value as text, e.g. <c>"91.75 %"</c> or <c>"31.2000 dB"</c>; a dash for null.</summary>
    internal string Show(double? value) =>
        value is not { } v ? "–" : $"{Number(v, "")}{(IsPercent ? " %" : Unit.Length > 0 ? " " + Unit : "")}";

    /// <summary>A difference as text with its sign, e.g. <c>"+0.10"</c> points; a dash for null and for what is not a number.</summary>
    internal string ShowDifference(double? difference) => difference is { } d && double.IsFinite(d) ? Number(d, "+") : "–";

    /// <summary>The size of a difference as text without a sign, e.g. <c>"0.10"</c> points; a dash for null and for what is not a number.</summary>
    internal string ShowSize(double? size) => size is { } s && double.IsFinite(s) ? Number(s, "") : "–";

    /// <summary>An interval of differences as text, e.g. <c>"−0.10 to +0.30"</c>; a dash for null.</summary>
    internal string ShowInterval((double Low, double High)? interval) => interval is var (low, high) ? $"{ShowDifference(low)} to {ShowDifference(high)}" : "–";

    private string Number(double value, string plus)
    {
        var digits = Decimals == 0 ? "0" : "0." + new string('0', Decimals);
        var minus = plus.Length > 0 ? "−" : "-";
        return (IsPercent ? 100 * value : value).ToString($"{plus}{digits};{minus}{digits};{digits}", CultureInfo.InvariantCulture);
    }
}
