using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using FsCheck.Fluent;
using SparsityLevels = System.Func<System.Collections.Generic.IReadOnlyList<Dsd.Plans.ParameterShape>, Dsd.Schedules.Sparsity, System.Collections.Generic.IReadOnlyList<double>>;

namespace Dsd.Testing;

/// <summary>The laws of distributions of sparsity over layers.</summary>
/// <example><code>
/// DistributionLaws.Check(SparsityDistribution.Erk);
/// DistributionLaws.Check((layers, sparsity) => layers.Select(_ => sparsity.Value).ToList());
/// </code></example>
public static class DistributionLaws
{
    internal const string NoError = "every network gets levels";
    internal const string Level = "levels in [0, 1)";
    internal const string Total = "the total is met";
    internal const string Order = "the order of layers does not matter";
    internal const string Deterministic = "the same levels each time";
    internal const string Proportional = "densities in proportion, over-full layers dense";

    private static readonly string[] s_laws = [NoError, Level, Total, Order, Deterministic, Proportional];

    /// <summary>Checks a distribution of one's own.</summary>
    /// <param name="levels">A function of the layers and the fraction of all their weights to prune: one level for each layer, in order.</param>
    /// <param name="proportionalTo">
    /// The number to which a layer's density is proportional; layers that would get more than all their weights stay dense, and the others
    /// share the rest. Default null: not checked.
    /// </param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport Check(SparsityLevels levels, Func<ParameterShape, double>? proportionalTo = null, LawOptions? options = null, DistributionCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(levels);
        return Run("own distribution", levels, proportionalTo, options, on, "levels");
    }

    /// <summary>Checks a distribution as a plan resolves it; a global ranking has no levels.</summary>
    /// <param name="distribution">The distribution.</param>
    /// <param name="methods">The custom methods, with it if it is one. Default null: none.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="ArgumentException">The distribution is a global ranking.</exception>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport Check(SparsityDistribution distribution, MaskMethods? methods = null, LawOptions? options = null, DistributionCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(distribution);
        if (distribution == SparsityDistribution.Global)
        {
            throw new ArgumentException("A global ranking has no levels by layer; check it as part of a rule, by MaskLaws.Check.", nameof(distribution));
        }

        Func<ParameterShape, double>? proportionalTo = distribution == SparsityDistribution.Uniform ? _ => 1
            : distribution == SparsityDistribution.Erk ? ErdosRenyiKernel
            : distribution == SparsityDistribution.Er ? ErdosRenyi
            : null;
        return Run(distribution.ToString(), Planned, proportionalTo, options, on, "distribution");

        IReadOnlyList<double> Planned(IReadOnlyList<ParameterShape> layers, Sparsity sparsity)
        {
            var phase = new Phase("sparse", Duration.Steps(1), LearningRate.Constant(0.1), SparsityCurve.Constant(sparsity.Value), new MaskRule(distribution: distribution), LayerScope.Default.Prune("*"));
            return [.. Plan.Resolve(new Schedule([phase]), new ModelShape(layers.ToValueList()), 1, methods).Phases[0].Layers.Select(l => l.Sparsity?.From.Value ?? 0)];
        }
    }

    /// <summary>The number to which densities are proportional under Erdős–Rényi with kernels: the sum of a layer's dimensions over their product.</summary>
    /// <param name="layer">The layer's weights.</param>
    public static double ErdosRenyiKernel(ParameterShape layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.Dims.Sum() / (double)layer.Count;
    }

    /// <summary>The number to which densities are proportional under Erdős–Rényi: (outputs + inputs) / (outputs × inputs).</summary>
    /// <param name="layer">The layer's weights.</param>
    public static double ErdosRenyi(ParameterShape layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return (layer.Dims[0] + layer.Dims[1]) / ((double)layer.Dims[0] * layer.Dims[1]);
    }

    private static LawReport Run(string subject, SparsityLevels levels, Func<ParameterShape, double>? proportionalTo, LawOptions? options, DistributionCase? on, string argument)
    {
        var run = new CaseRun<DistributionCase>(subject, s_laws, (c, f) => CheckOn(c, f, levels, proportionalTo), c => c.Shrink(), (c, code) => $"DistributionLaws.Check({argument}, {code.Argument("on", c.Print(code))})");
        return on is null ? run.Check(Generators.DistributionCases().Generator, options) : run.Check([on], (options ?? new()).Seed);
    }

    private static void CheckOn(DistributionCase c, Findings findings, SparsityLevels levels, Func<ParameterShape, double>? proportionalTo)
    {
        var (layers, sparsity) = (c.Layers, new Sparsity(c.Sparsity));
        IReadOnlyList<double>? made = null;
        if (!findings.Try(NoError, "levels", () => made = levels(layers, sparsity))
            || !findings.Check(Level, made?.Count == layers.Count && made.All(l => l is >= 0 and < 1), () => $"{layers.Count} levels, each at least 0 and below 1", () => Text(made))
            || made is null)
        {
            return;
        }

        // Counted as a tensor's are: rounded to whole weights, at least one kept.
        var kept = layers.Zip(made).Sum(l => Math.Max(1, l.First.Count - (long)Math.Round((decimal)l.Second * l.First.Count, MidpointRounding.ToEven)));
        var asked = layers.Sum(l => (double)l.Count) * (1 - c.Sparsity);
        if (!findings.Check(
            Total,
            Math.Abs(kept - asked) <= layers.Count,
            () => FormattableString.Invariant($"{asked:0.##} weights kept, within {layers.Count}"),
            () => FormattableString.Invariant($"{kept} kept by the levels {Text(made)}")))
        {
            return;
        }

        findings.Check(Deterministic, levels(layers, sparsity).SequenceEqual(made), () => Text(made), () => Text(levels(layers, sparsity)));
        var reversed = levels([.. layers.Reverse()], sparsity).Reverse().ToList();
        findings.Check(Order, reversed.Zip(made).All(l => Near(l.First, l.Second)), () => $"{Text(made)} for the layers in the reverse order too", () => Text(reversed));
        if (proportionalTo is not null)
        {
            CheckProportion(findings, layers, made, asked, proportionalTo);
        }
    }

    /// <summary>Checks that densities share one scale, and that exactly the layers which it would overfill are dense.</summary>
    private static void CheckProportion(Findings findings, IReadOnlyList<ParameterShape> layers, IReadOnlyList<double> levels, double asked, Func<ParameterShape, double> proportionalTo)
    {
        // The scale at which layers, each at most full, hold the number asked for: the one unknown, found by halving.
        var (low, high) = (0.0, layers.Max(l => 1 / proportionalTo(l)));
        for (var i = 0; i < 200; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = layers.Sum(l => l.Count * Math.Min(1, middle * proportionalTo(l))) < asked ? (middle, high) : (low, middle);
        }

        var expected = layers.Select(l => 1 - Math.Min(1, high * proportionalTo(l))).ToList();
        findings.Check(Proportional, expected.Zip(levels).All(l => Near(l.First, l.Second)), () => Text(expected), () => Text(levels));
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-9;

    private static string Text(IReadOnlyList<double>? levels) => levels is null ? "null" : $"[{string.Join(", ", levels.Select(l => l.ToString("G6", System.Globalization.CultureInfo.InvariantCulture)))}]";
}
