using System.Globalization;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Records;

/// <summary>The declaration of a metric: its name, goal, format and aggregation.</summary>
/// <remarks>
/// Selections, verdicts, arrows, tables and charts depend on this declaration alone, never on the name. A task returns values of its
/// metrics: <c>Metric.Accuracy.Of(0.91)</c>, or of a custom one, <c>new Metric("F1", MetricGoal.Higher, MetricScale.Percent).Of(0.87)</c>.
/// </remarks>
public sealed record Metric
{
    private const int MostDecimals = 12;

    /// <summary>Declares a metric.</summary>
    /// <param name="name">Its name, e.g. <c>"F1"</c>; not blank.</param>
    /// <param name="goal"><see cref="MetricGoal.Higher"/> or <see cref="MetricGoal.Lower"/>.</param>
    /// <param name="scale">The format of its values. Default <see cref="MetricScale.Number"/>.</param>
    /// <param name="unit">The unit of its values, e.g. <c>"dB"</c>; empty for none, and for percentages. Default empty.</param>
    /// <param name="decimals">The number of decimals shown, 0 to 12. Default null: 2 for percentages, else 4.</param>
    /// <param name="isMeanOverExamples">
    /// True if the metric is a mean of one outcome per example, weighted or not, as accuracies and losses are, and BLEU or F1 are not. Default false.
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
            throw new ArgumentException($"The metric '{name}' is shown in percent and cannot have another unit; got '{unit}'.", nameof(unit));
        }

        (Name, Goal, Scale, Unit, Decimals, IsMeanOverExamples) = (name, goal, scale, unit, decimals, isMeanOverExamples);
    }

    /// <summary>The fraction of correctly classified examples.</summary>
    public static Metric Accuracy { get; } = new("accuracy", MetricGoal.Higher, MetricScale.Percent, isMeanOverExamples: true);

    /// <summary>The fraction of examples whose class is among the five highest scores.</summary>
    public static Metric TopFiveAccuracy { get; } = new("top-5 accuracy", MetricGoal.Higher, MetricScale.Percent, isMeanOverExamples: true);

    /// <summary>The mean loss over examples, in the unit of the loss function, e.g. nats of a cross entropy.</summary>
    public static Metric Loss { get; } = new("loss", MetricGoal.Lower, isMeanOverExamples: true);

    /// <summary>The name.</summary>
    public string Name { get; private init; }

    /// <summary>The goal: the direction in which values are better.</summary>
    public MetricGoal Goal { get; }

    /// <summary>The format of its values.</summary>
    public MetricScale Scale { get; }

    /// <summary>The unit of its values; empty for none.</summary>
    public string Unit { get; }

    /// <summary>The number of decimals shown.</summary>
    public int Decimals { get; }

    /// <summary>True if the metric is a mean of one outcome per example, weighted or not.</summary>
    public bool IsMeanOverExamples { get; private init; }

    /// <summary>The unit of its differences, e.g. <c>"points of accuracy"</c>, <c>"dB of PSNR"</c> or <c>"loss"</c>.</summary>
    internal string DifferenceUnit => IsPercent ? $"points of {Name}" : Unit.Length > 0 ? $"{Unit} of {Name}" : Name;

    /// <summary>True if its values are shown in percent.</summary>
    public bool IsPercent => Scale == MetricScale.Percent;

    /// <summary>The name with a capital first letter.</summary>
    internal string Title => $"{char.ToUpperInvariant(Name[0])}{Name[1..]}";

    /// <summary>The goal as a clause, e.g. <c>"higher is better"</c>.</summary>
    internal string GoalText => Goal switch
    {
        MetricGoal.Higher => "higher is better",
        MetricGoal.Lower => "lower is better",
        _ => "the record does not say whether higher or lower is better",
    };

    /// <summary>Creates a measured value of the metric.</summary>
    /// <param name="value">The value; a fraction in [0, 1] for percentages.</param>
    /// <param name="examples">The number of measured examples, at least 1. Default null: unknown.</param>
    /// <param name="outcomes">The outcome of each example, for paired intervals; only of a mean over examples. Default null.</param>
    /// <exception cref="ArgumentException">See <see cref="MetricValue"/>.</exception>
    public MetricValue Of(double value, long? examples = null, ExampleOutcomes? outcomes = null) => new(this, value, examples ?? outcomes?.Count, outcomes);

    /// <summary>Copies the metric under another name, e.g. for another way to measure it.</summary>
    /// <param name="name">The name; not blank.</param>
    public Metric WithName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return this with { Name = name };
    }

    /// <summary>The same metric, which its task computes as a mean over examples.</summary>
    internal Metric AsMeanOverExamples() => this with { IsMeanOverExamples = true };

    /// <summary>
    /// Gets the main metric of runs, the first one that their task measures; accuracy before any measurement. A declaration in any
    /// run takes precedence over its absence in an old record.
    /// </summary>
    public static Metric MainOf(IEnumerable<RunRecord> runs)
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

    /// <summary>The declaration as text: goal, scale and unit, e.g. <c>"lower is better, in dB"</c>.</summary>
    internal string Declaration => $"{GoalText}, {(IsPercent ? "in percent" : Unit.Length > 0 ? $"in {Unit}" : "without a unit")}";

    /// <summary>Creates a metric as declared in a file, where its goal may be undeclared.</summary>
    /// <exception cref="ArgumentException">See the constructor.</exception>
    internal static Metric OfFile(string name, MetricGoal goal, MetricScale scale, string unit, int decimals, bool isMeanOverExamples) =>
        new(name, goal, scale, unit, decimals, isMeanOverExamples, isOfOldFile: true);

    /// <summary>Creates the metric of an old record that holds only a name: those that Dsd measured are known, any other is undeclared.</summary>
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

    /// <summary>Gets its value in a measurement; null if it was not measured.</summary>
    public double? In(Evaluated? measured) => measured?.Value(Name);

    /// <summary>Computes the gain of a difference: the difference itself if higher is better, its negative if lower is.</summary>
    /// <exception cref="InvalidOperationException">The goal is not declared.</exception>
    internal double Gain(double difference) => Goal switch
    {
        MetricGoal.Higher => difference,
        MetricGoal.Lower => -difference,
        _ => throw new InvalidOperationException($"The goal of '{Name}' is not declared."),
    };

    /// <summary>Gets the verdict on a difference: <c>"better"</c> or <c>"worse"</c>; <c>"higher"</c> or <c>"lower"</c> if the goal is undeclared.</summary>
    public string Verdict(double difference) => Goal == MetricGoal.Undeclared
        ? difference > 0 ? "higher" : "lower"
        : Gain(difference) > 0 ? "better" : "worse";

    /// <summary>Formats a value, e.g. <c>"91.75 %"</c> or <c>"31.2000 dB"</c>; a dash for null.</summary>
    public string Show(double? value) =>
        value is not { } v ? "–" : $"{Number(v, "")}{(IsPercent ? " %" : Unit.Length > 0 ? " " + Unit : "")}";

    /// <summary>Formats a difference with its sign, e.g. <c>"+0.10"</c> points; a dash for null and for a value that is not finite.</summary>
    public string ShowDifference(double? difference) => difference is { } d && double.IsFinite(d) ? Number(d, "+") : "–";

    /// <summary>Formats the size of a difference without a sign, e.g. <c>"0.10"</c> points; a dash for null and for a value that is not finite.</summary>
    public string ShowSize(double? size) => size is { } s && double.IsFinite(s) ? Number(s, "") : "–";

    /// <summary>Formats an interval of differences, e.g. <c>"−0.10 to +0.30"</c>; a dash for null.</summary>
    internal string ShowInterval((double Low, double High)? interval) => interval is var (low, high) ? $"{ShowDifference(low)} to {ShowDifference(high)}" : "–";

    private string Number(double value, string plus)
    {
        var digits = Decimals == 0 ? "0" : "0." + new string('0', Decimals);
        var minus = plus.Length > 0 ? "−" : "-";
        return (IsPercent ? 100 * value : value).ToString($"{plus}{digits};{minus}{digits};{digits}", CultureInfo.InvariantCulture);
    }
}
