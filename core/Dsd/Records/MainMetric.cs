using System.Globalization;

namespace Dsd.Records;

/// <summary>The metric by which runs are compared: the one that their task measures first.</summary>
/// <param name="Name">Its name, e.g. <c>"accuracy"</c>.</param>
internal readonly record struct MainMetric(string Name)
{
    /// <summary>Whether it is a fraction of examples that are right, each by itself.</summary>
    public bool IsAccuracy => Is("accuracy") || Is("top-5 accuracy");

    /// <summary>Whether it is a fraction, shown in percent: an accuracy, a BLEU or an error rate of characters or words.</summary>
    public bool IsFraction => IsAccuracy || IsBleu || Is("CER") || Is("WER");

    /// <summary>Whether less of it is better, as of losses, bits and errors; not of BLEU and of what is called an accuracy.</summary>
    public bool LowerIsBetter => !IsBleu && !Name.Contains("accuracy", StringComparison.OrdinalIgnoreCase);

    private bool IsBleu => Is("BLEU-1") || Is("BLEU-2") || Is("BLEU-3") || Is("BLEU-4");

    /// <summary>What differences are counted in.</summary>
    public string DifferenceUnit => IsFraction ? $"points of {Name}" : Name;

    /// <summary>The main metric of runs; accuracy before anything with a name was measured.</summary>
    public static MainMetric Of(IEnumerable<RunRecord> runs) => new(runs
        .SelectMany(r => r.Phases.SelectMany(p => p.Evaluations).Concat(r.Evaluations))
        .SelectMany(e => e.Metrics)
        .FirstOrDefault(m => m.Name.Length > 0)?.Name ?? "accuracy");

    /// <summary>Its value in a measurement, or null where it was not measured.</summary>
    public double? In(Evaluated? measured) => measured?.Value(Name);

    /// <summary>A value as text, e.g. <c>"91.75 %"</c>; a dash for null.</summary>
    public string Show(double? value) =>
        value is not { } v ? "–"
        : IsFraction ? (100 * v).ToString("0.00", CultureInfo.InvariantCulture) + " %"
        : v.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>A difference as text with its sign, e.g. <c>"+0.10"</c> points; a dash for null.</summary>
    public string ShowDifference(double? difference) =>
        difference is not { } d ? "–"
        : IsFraction ? (100 * d).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture)
        : d.ToString("+0.0000;−0.0000;0.0000", CultureInfo.InvariantCulture);

    /// <summary>The size of a difference as text without a sign, e.g. <c>"0.10"</c> points; a dash for null.</summary>
    public string ShowSize(double? size) =>
        size is not { } s ? "–"
        : IsFraction ? (100 * s).ToString("0.00", CultureInfo.InvariantCulture)
        : s.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>Whether it is a metric, however measured, as in <c>"accuracy, ten crops"</c>.</summary>
    private bool Is(string metric) => Name.StartsWith(metric, StringComparison.Ordinal) && (Name.Length == metric.Length || Name[metric.Length] == ',');
}
