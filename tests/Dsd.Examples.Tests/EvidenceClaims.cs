using System.Globalization;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Studies;
using static Dsd.Examples.Tests.Evidence;

namespace Dsd.Examples.Tests;

/// <summary>What is said in the prose of pages about the evidence, worked out from its files: words with numbers, and statements with a check.</summary>
internal static class EvidenceClaims
{
    public const string Page = "notebooks/evidence/README.md";
    private const string Front = "README.md";
    private const string Models = "core/Dsd.Models/README.md";
    private const string Sparsity = "sweep-sparsity";
    private const string Lengths = "sweep-phase-lengths";

    private static readonly string[] s_onTest = [.. Evidence.Studies.Where(s => TrialsOf(s).IsTest)];

    /// <summary>Words that a page must hold, line breaks aside.</summary>
    public static IEnumerable<(string Page, string Words)> Numbers()
    {
        var (lenet, resnet) = (ToControl("lenet-300-100"), ToControl("resnet-18"));
        var accuracy = TrialsOf("resnet-18").Metric;
        var loss = ToControl("resnet-18", Metric.Loss, Moment.End);
        var random = EvidenceTables.RandomToControl(TrialsOf("resnet-18"), "", Metric.Loss);
        string Regimes(Func<Regime, bool> isOne) => Words(Regime.All.Where(isOne).SelectMany(r => r.Users).Select(u => u.Study).Distinct().Count(s => TrialsOf(s).IsTest));

        foreach (var page in new[] { Page, Front })
        {
            yield return (page, Invariant($"{Regimes(r => r.IsFarFromConverged)} of the {Words(s_onTest.Length)} studies"));
            yield return (page, Invariant($"{loss.Show(Metric.Loss)} (ResNet-18, {loss.Lower()} of {loss.Differences.Count} seeds"));
            yield return (page, Invariant($"{random.Show(Metric.Loss)}"));
            yield return (page, Invariant($"{resnet.Show(accuracy)} points"));
            yield return (page, Invariant($"by {Range(0.1, 0.5, TrialsOf(Sparsity).Metric, Sparse)} points"));
        }

        yield return (Front, Invariant($"{lenet.Show(accuracy)} points"));
        yield return (Front, Invariant($"{Words(Evidence.Studies.Count)} studies"));
        yield return (Page, Invariant($"by {Range(0.1, 0.8, Metric.Loss, Sparse)}"));
        yield return (Page, Invariant($"from {Range(0.3, 0.8, Metric.Loss, Moment.End)}"));
        yield return (Page, Invariant($"more than {lenet.NoDifferenceLargerThan * 100:0.00} points from the same rates"));
        yield return (Page, Invariant($"{resnet.NoDifferenceLargerThan * 100:0.00} points is excluded"));
        yield return (Page, Invariant($"{Capital(Words(TrialsOf("lenet-5").Failed))} of sixteen trials at four times the rate diverged"));
        yield return (Page, Invariant($"{Capital(Words(TrialsOf("lenet-5-augmented").Failed))} of sixteen trials at four times the rate diverged"));
        yield return (Page, Invariant($"in {Words(ToControl("neural-talk").Lower())} seeds of eight"));
        var shorter = new[] { "8+2+2", "6+3+3", "4+4+4", "2+5+5" }.Select(g => Metric.Loss.ShowDifference(ToControl(Lengths, g, Metric.Loss, Moment.End).Differences.Mean)).ToList();
        yield return (Page, $"dsd − control in loss goes from {shorter[0]} to {shorter[1]}, {shorter[2]} and {shorter[3]}");
        yield return (Models, Invariant($"{loss.Show(Metric.Loss)}"));
    }

    /// <summary>Statements that hold no number, each with whether the trials bear it out.</summary>
    public static IEnumerable<(string Statement, bool Holds)> Statements()
    {
        var far = s_onTest.Where(s => Of(s).IsFarFromConverged).ToList();
        yield return ("Far from converged, the mask costs in the main metric", far.TrueForAll(s => IsWorse(ToControl(s), TrialsOf(s).Metric)));
        yield return ("NeuralTalk and Deep Speech are among them, and lose more than a point", new[] { "neural-talk", "deep-speech" }.All(s => far.Contains(s) && -TrialsOf(s).Metric.Gain(ToControl(s).Differences.Mean) > 0.01));
        yield return ("and in loss", far.TrueForAll(s => IsWorse(ToControl(s, Metric.Loss, Moment.End), Metric.Loss)));
        yield return ("LeNet-300-100 lies between, with no difference in accuracy and a loss that is higher by a little", Of("lenet-300-100").Word == "in between" && !IsShown(ToControl("lenet-300-100")) && IsWorse(ToControl("lenet-300-100", Metric.Loss, Moment.End), Metric.Loss));
        yield return ("ResNet-18 overfits, and so do the sweeps that train six epochs first", Of("resnet-18").Overfits && Of(Sparsity).Overfits);
        yield return ("In ResNet-18 dsd has a lower loss than the control, and no difference in accuracy", IsShown(ToControl("resnet-18", Metric.Loss, Moment.End)) && !IsShown(ToControl("resnet-18")));
        yield return ("In ResNet-18 training on raises the validation loss", IsHigher(Of("resnet-18").LossGain) && IsHigher(Own("resnet-18", "control", Metric.Loss)) && IsHigher(Own("resnet-18", "dsd", Metric.Loss)));
        yield return ("A random mask ends below the first phase's loss in ResNet-18", IsLower(Own("resnet-18", "random-mask", Metric.Loss)));
        yield return ("At the end of the sparse phase the loss is lower at every sparsity to 0.8, and higher above", Levels(0.1, 0.8).All(g => IsLower(ToControl(Sparsity, g, Metric.Loss, Sparse))) && Levels(0.9, 1).All(g => IsHigher(ToControl(Sparsity, g, Metric.Loss, Sparse))));
        yield return ("At the end the loss is lower from 0.3 to 0.8, and higher above", Levels(0.3, 0.8).All(g => IsLower(ToControl(Sparsity, g, Metric.Loss, Moment.End))) && Levels(0.9, 1).All(g => IsHigher(ToControl(Sparsity, g, Metric.Loss, Moment.End))));
        yield return ("At the end every sparsity has a lower accuracy, from 0.2 on the more the sparser; at 0.9 and 0.95 at the sparse phase's end too", Falls(Levels(0.2, 1)) && Levels(0.1, 1).All(g => ToControl(Sparsity, g, TrialsOf(Sparsity).Metric, Moment.End).Differences.Mean < 0) && Levels(0.9, 1).All(g => IsLower(ToControl(Sparsity, g, TrialsOf(Sparsity).Metric, Sparse))));
        yield return ("Accuracy at the end of the sparse phase is shown to be higher from 0.2 to 0.3 only, interval by interval", Levels(0.1, 0.5).Where(g => IsHigher(ToControl(Sparsity, g, TrialsOf(Sparsity).Metric, Sparse))).SequenceEqual(Levels(0.1, 0.3)));
        yield return ("In ResNet-18 a random mask has no difference in accuracy from no mask that is shown, and ten times the effect of magnitude on loss", !IsShown(Random("resnet-18", "", TrialsOf("resnet-18").Metric)) && Math.Round(Random("resnet-18", "", Metric.Loss).Differences.Mean / ToControl("resnet-18", Metric.Loss, Moment.End).Differences.Mean) == 10);
        yield return ("Nowhere is dsd shown to end with a better main metric than its control", Evidence.Studies.All(s => TrialsOf(s).Groups.TrueForAll(g => !IsBetter(ToControl(s, g, TrialsOf(s).Metric, Moment.End), TrialsOf(s).Metric))));
        yield return ("dsd gains over its own first phase, but in NeuralTalk, and in ResNet-18 not beyond chance", s_onTest.Where(s => !IsBetter(Own(s, "dsd", TrialsOf(s).Metric), TrialsOf(s).Metric)).SequenceEqual(["neural-talk", "resnet-18"]) && IsWorse(Own("neural-talk", "dsd", TrialsOf("neural-talk").Metric), TrialsOf("neural-talk").Metric));
        yield return ("All six sweeps share one first phase", Of(Sparsity).Users.Select(u => u.Study).Distinct().Count() == 6 && Evidence.Studies.Count - s_onTest.Length == 6);
        yield return ("In LeNet-300-100 the loss is lower at the end of the sparse phase and higher at the end, each by about a thousandth", Math.Abs(ToControl("lenet-300-100", Metric.Loss, Sparse).Differences.Mean + 0.001) < 0.0005 && IsLower(ToControl("lenet-300-100", Metric.Loss, Sparse)) && Math.Abs(ToControl("lenet-300-100", Metric.Loss, Moment.End).Differences.Mean - 0.001) < 0.0005);
        yield return ("Against a random mask accuracy is shown to be better from 0.2 on; loss is higher to 0.3 and lower from 0.5 on", Levels(0.2, 1).All(g => IsHigher(To("random-mask", g, TrialsOf(Sparsity).Metric))) && Levels(0.1, 0.3).All(g => IsHigher(To("random-mask", g, Metric.Loss))) && Levels(0.5, 1).All(g => IsLower(To("random-mask", g, Metric.Loss))));
        yield return ("A warm restart has the higher accuracy at every sparsity, and the higher loss to 0.8", Levels(0.1, 1).All(g => IsLower(To("warm-restart", g, TrialsOf(Sparsity).Metric))) && Levels(0.1, 0.8).All(g => IsLower(To("warm-restart", g, Metric.Loss))));
        yield return ("The loss is lower at each last rate, whichever layers stay dense, and in one, two and three rounds", new[] { "sweep-last-rate", "sweep-layers", "sweep-rounds" }.All(s => TrialsOf(s).Groups.TrueForAll(g => IsLower(ToControl(s, g, Metric.Loss, Moment.End)))));
        yield return ("Plain training has the better mean in every study on test, in ResNet-18 with a higher loss", s_onTest.All(s => TrialsOf(s).Metric.Gain(TrialsOf(s).Difference("", "plain", TrialsOf(s).Metric, Moment.End).Differences.Mean) < 0) && IsLower(TrialsOf("resnet-18").Difference("", "plain", Metric.Loss, Moment.End)));
        yield return ("In phase lengths a first phase of two epochs does not overfit, and there the mask raises the loss", !Of(Lengths, "2+5+5").Overfits && IsHigher(ToControl(Lengths, "2+5+5", Metric.Loss, Moment.End)));
    }

    private static Moment Sparse => Moment.EndOf(1);

    /// <summary>The regime of a study, or of its variant.</summary>
    private static Regime Of(string study, string? group = null) => Regime.All.First(r => r.Users.Any(u => u.Study == study && (group is null || u.Group == group)));

    /// <summary>The end of an arm less that of the first phase, on validation.</summary>
    private static PairedDifference Own(string study, string arm, Metric metric) => TrialsOf(study).Difference("", (arm, Moment.EndOnValidation), ("dsd", Moment.EndOf(0)), metric);

    private static PairedDifference Random(string study, string group, Metric metric) => EvidenceTables.RandomToControl(TrialsOf(study), group, metric);

    /// <summary>dsd less another arm at the end, in the sweep over sparsity.</summary>
    private static PairedDifference To(string arm, string group, Metric metric) => TrialsOf(Sparsity).Difference(group, arm, metric, Moment.End);

    /// <summary>The variants of the sweep over sparsity within a range.</summary>
    private static IEnumerable<string> Levels(double least, double most) =>
        TrialsOf(Sparsity).Groups.Where(g => double.Parse(g.Split(' ')[1], CultureInfo.InvariantCulture) is var level && level >= least && level <= most);

    /// <summary>Whether dsd − control of accuracy at the end falls from each sparsity to the next.</summary>
    private static bool Falls(IEnumerable<string> levels)
    {
        var means = levels.Select(g => ToControl(Sparsity, g, TrialsOf(Sparsity).Metric, Moment.End).Differences.Mean).ToList();
        return means.Zip(means.Skip(1)).All(pair => pair.Second < pair.First);
    }

    /// <summary>The least and the largest size of dsd − control over some sparsities.</summary>
    private static string Range(double least, double most, Metric metric, Moment at)
    {
        var sizes = Levels(least, most).Select(g => Math.Abs(ToControl(Sparsity, g, metric, at).Differences.Mean)).ToList();
        return $"{metric.ShowSize(sizes.Min())} to {metric.ShowSize(sizes.Max())}";
    }

    private static bool IsLower(PairedDifference d) => d.Interval is { High: < 0 };

    private static bool IsHigher(PairedDifference d) => d.Interval is { Low: > 0 };

    private static bool IsShown(PairedDifference d) => IsLower(d) || IsHigher(d);

    private static bool IsBetter(PairedDifference d, Metric metric) => metric.Goal == MetricGoal.Higher ? IsHigher(d) : IsLower(d);

    private static bool IsWorse(PairedDifference d, Metric metric) => metric.Goal == MetricGoal.Higher ? IsLower(d) : IsHigher(d);

    private static string Words(int count) => count switch
    {
        6 => "six",
        7 => "seven",
        8 => "eight",
        11 => "eleven",
        14 => "fourteen",
        15 => "fifteen",
        _ => Invariant($"{count}"),
    };

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
