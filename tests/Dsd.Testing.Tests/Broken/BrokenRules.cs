using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

/// <summary>Rules and loops that are broken on purpose, each in the way that somebody once shipped or easily might.</summary>
internal static partial class BrokenRules
{
    private static readonly LawOptions s_many = new(cases: 400);

    /// <summary>All of them: choices of masks, updates, patterns, distributions, then loops.</summary>
    public static IReadOnlyList<BrokenRule> All { get; } = [.. Choices(), .. Updates(), .. Patterns(), .. BrokenUnits.All(), .. Distributions(), .. BrokenLoops.All()];

    /// <summary>The table of core/docs/laws.md.</summary>
    public static string Table()
    {
        var table = new StringBuilder("| fault | caught by the law | message |\n|---|---|---|\n");
        foreach (var broken in All)
        {
            var caught = broken.Caught();
            table.Append($"| {broken.Fault} | {caught.Law} | expected {Cell(caught.Expected)}; got {Cell(caught.Got)} |\n");
        }

        return table.ToString().TrimEnd('\n');
    }

    // Three digits: the last ones depend on the processor.
    private static string Cell(string text) => Number().Replace(
        text.Split('\n')[0].Replace("|", "\\|", StringComparison.Ordinal),
        m => double.Parse(m.Value, CultureInfo.InvariantCulture).ToString("G3", CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\d+\.\d+(?:E-?\d+)?")]
    private static partial Regex Number();

    private static BrokenRule Choice(string fault, string law, Func<MaskContext, long, BitMask> choose, Func<MaskContext, Tensor>? ranksBy = null, MaskClaims except = MaskClaims.None) =>
        new(fault, law, () => MaskLaws.CheckChoice(choose, ranksBy, MaskClaims.All & ~except));

    private static Tensor Size(MaskContext layer) => layer.Weight.abs();

    private static Tensor SizeInDoubles(MaskContext layer) => layer.Weight.to(float64).abs();

    /// <summary>The keep-th largest absolute value.</summary>
    private static Tensor Threshold(MaskContext layer, long keep) => layer.Weight.to(float64).abs().flatten().sort(descending: true).Values[(int)keep - 1];

    private static IEnumerable<BrokenRule> Choices()
    {
        var calls = 0;
        var earlier = new Dictionary<long, Tensor>();
        return
        [
            Choice("keeps one weight too few", MaskLaws.Count, (l, keep) => l.Top(Size(l), keep - 1), Size),
            Choice("keeps one weight too many", MaskLaws.Count, (l, keep) => l.Top(Size(l), Math.Min(keep + 1, l.Weight.numel())), Size),
            Choice("strict threshold: prunes all ties", MaskLaws.Count, (l, keep) => l.MaskOf(SizeInDoubles(l).gt(Threshold(l, keep))), Size, MaskClaims.RefusesNonFinite),
            Choice("keeps all ties", MaskLaws.Count, (l, keep) => l.MaskOf(SizeInDoubles(l).ge(Threshold(l, keep))), Size, MaskClaims.RefusesNonFinite),
            Choice("inverted: keeps the smallest", MaskLaws.Highest, (l, keep) => l.Top(Size(l).neg(), keep), Size),
            Choice("ranks signed values", MaskLaws.Highest, (l, keep) => l.Top(l.Weight, keep), Size),
            Choice("ranks NaN in silence", MaskLaws.NonFinite, (l, keep) => l.Top(Size(l).to(float64).nan_to_num(posinf: 1e300), keep), l => l.Weight.to(float64).abs()),
            Choice("masks accumulate over calls", MaskLaws.Independent, Accumulating),
            Choice("takes absolute values in place", MaskLaws.ChangesNothing, (l, keep) => l.Top(l.Weight.abs_(), keep), Size),
            Choice("another mask at each call", MaskLaws.Deterministic, (l, keep) => l.Top(arange(l.Weight.numel()).add(calls++).remainder(l.Weight.numel()).view(l.Weight.shape).to(float32), keep)),
            Choice("prefers later weights", MaskLaws.Order, (l, keep) => l.Top(Size(l).to(float64).add(arange(l.Weight.numel()).view(l.Weight.shape).to(float64).mul(10)), keep)),
            Choice("a wider mask is another one", MaskLaws.Nested, (l, keep) => l.Top(keep % 2 == 0 ? Size(l) : Size(l).neg(), keep), except: MaskClaims.Idempotent),
            Choice("pruned zeros rank highest when chosen again", MaskLaws.Idempotent, (l, keep) => l.Top(Size(l).neg(), keep)),
            new("int truncation of n × sparsity", MaskLaws.CountOfSparsity, () => MaskLaws.CheckSparsity((l, s) => l.Top(Size(l), l.Weight.numel() - (int)(s.Value * l.Weight.numel())), Size)),
            new("keeps none of a small layer", MaskLaws.CountOfSparsity, () => MaskLaws.CheckSparsity((l, s) => l.Top(Size(l), l.Weight.numel() - (long)Math.Round((decimal)s.Value * l.Weight.numel())), Size)),
            new("a score of zero weights is infinite", MaskLaws.Scores, () => MaskLaws.CheckScore(l => l.Weight.to(float64).abs().log())),
            new("scores of one row for the tensor", MaskLaws.Scores, () => MaskLaws.CheckScore(l => l.Weight.abs().flatten())),
            new("distance from one half, claimed to ignore scale", MaskLaws.Scale, () => MaskLaws.CheckScore(l => l.Weight.abs().sub(0.5).abs())),
        ];

        BitMask Accumulating(MaskContext layer, long keep)
        {
            var kept = new MaskContext(layer.Name, layer.Weight, mask: layer.Top(Size(layer), keep)).Kept();
            var all = earlier.TryGetValue(layer.Weight.numel(), out var before) ? kept.logical_and(before.view(layer.Weight.shape)) : kept;
            earlier[layer.Weight.numel()] = all.clone().DetachFromDisposeScope();
            return layer.MaskOf(all);
        }
    }

    private static IEnumerable<BrokenRule> Updates()
    {
        var (draws, calls) = (0, 0);
        return
        [
            Update("grows among the kept weights", MaskLaws.Count, new UpdateOf((l, u, keep) =>
            {
                var stay = new MaskContext(l.Name, l.Weight, mask: l.Top(Size(l), keep - (keep / 3), l.Mask)).Kept();
                var grown = new MaskContext(l.Name, l.Weight, mask: l.Top(l.Gradient!.abs(), keep / 3)).Kept();
                return l.MaskOf(stay.logical_or(grown));
            })),
            Update("the count drifts by one after some updates", MaskLaws.CountKept, new UpdateOf((l, u, keep) => l.Top(Size(l), ++calls % 7 == 6 && keep > 1 ? keep - 1 : keep, l.Mask))),
            Update("drops by signed value", MaskLaws.DropsLowest, new DropAndGrowOf(l => l.Gradient!.abs(), l => l.Weight), growsBy: false),
            Update("RigL grows by masked gradients", MaskLaws.GrowsHighest, new DropAndGrowOf(l => l.Gradient!.mul(l.Kept()).abs())),
            Update("RigL grows the smallest gradients", MaskLaws.GrowsHighest, new DropAndGrowOf(l => l.Gradient!.abs().neg())),
            Update("grows others at each call", MaskLaws.Deterministic, new DropAndGrowOf(l => arange(l.Weight.numel()).mul(draws++ % 2 == 0 ? 1 : -1).to(float32)), growsBy: false),
            Update("exchanges all that it can", MaskLaws.Exchange, new UpdateOf((l, u, keep) => l.Top(where(l.Kept(), Size(l).sub(1e6), l.Gradient!.abs()), keep)), growsBy: false),
            Update("sets dropped weights to 0 by itself", MaskLaws.ChangesNothing, new UpdateOf((l, u, keep) =>
            {
                l.Weight.zero_();
                return l.Mask!;
            })),
        ];

        static BrokenRule Update(string fault, string law, IMaskUpdate update, bool growsBy = true) =>
            new(fault, law, () => MaskLaws.CheckUpdate(update, growsBy: growsBy ? l => l.Gradient!.abs() : null));
    }

    private static IEnumerable<BrokenRule> Patterns() =>
    [
        new("N:M along the outputs instead of the inputs", PatternLaws.Axis, () => PatternLaws.Check(PatternOf.Neighbours(1, 2, 0), MaskPattern.NOfM(1, 2))),
        new("1:4 keeps three of four", PatternLaws.Keep, () => PatternLaws.Check(PatternOf.Neighbours(3, 4, 1), MaskPattern.NOfM(1, 4))),
        new("groups overlap", PatternLaws.Once, () => PatternLaws.Check(new PatternOf((dims, s) => Rows(dims, s, (group, place, row) => (group * Math.Max(1, row - 1)) + place)))),
        new("the last weights are in no group", PatternLaws.Once, () => PatternLaws.Check(new PatternOf((dims, s) =>
        {
            var count = dims.Aggregate(1L, (a, b) => a * b);
            return new PatternGroups(count / 4, 4, (int)s.Kept(4), (group, place) => (group * 4) + place);
        }))),
        new("rows that keep a fixed half whatever the sparsity", PatternLaws.Keep, () => PatternLaws.Check(new PatternOf((dims, _) => Rows(dims, new Sparsity(0.5), (group, place, row) => (group * row) + place)))),
        new("null instead of groups or a refusal", PatternLaws.NoError, () => PatternLaws.Check(new PatternOf((_, _) => null!))),
    ];

    private static PatternGroups Rows(ValueList<long> dims, Sparsity sparsity, Func<long, long, long, long> index)
    {
        var row = dims.Skip(1).Aggregate(1L, (a, b) => a * b);
        return new PatternGroups(dims[0], (int)row, (int)sparsity.Kept(row), (group, place) => index(group, place, row));
    }

    private static IEnumerable<BrokenRule> Distributions() =>
    [
        new("ERK whose rest is not rescaled for full layers", DistributionLaws.Total, () => DistributionLaws.Check((layers, s) => [.. Erk(layers, s).Select(l => Math.Clamp(l, 0, Math.BitDecrement(1.0)))], options: s_many)),
        new("ERK with densities above 1", DistributionLaws.Level, () => DistributionLaws.Check(Erk, options: s_many)),
        new("biases counted among the weights", DistributionLaws.Total, () => DistributionLaws.Check((layers, s) => [.. layers.Select(_ => Math.Min(s.Value * layers.Sum(l => l.Count + l.Dims[0]) / layers.Sum(l => l.Count), Math.BitDecrement(1.0)))], options: s_many)),
        new("kernels forgotten: ER called ERK", DistributionLaws.Proportional, () => DistributionLaws.Check(
            (layers, s) => [.. Plan.Resolve(Sparse(s, SparsityDistribution.Er), new ModelShape(layers.ToValueList()), 1).Phases[0].Layers.Select(l => l.Sparsity?.From.Value ?? 0)],
            DistributionLaws.ErdosRenyiKernel,
            s_many)),
        new("the first layer is favoured", DistributionLaws.Order, () => DistributionLaws.Check(Generators.Methods.Distributions["tilted"], options: s_many)),
    ];

    private static Schedule Sparse(Sparsity sparsity, SparsityDistribution distribution) =>
        new([new Phase("sparse", Duration.Steps(1), LearningRate.Constant(0.1), SparsityCurve.Constant(sparsity.Value), new MaskRule(distribution: distribution), LayerScope.Default.Prune("*"))]);

    /// <summary>ERK by one scale for all layers, full or not.</summary>
    private static double[] Erk(IReadOnlyList<ParameterShape> layers, Sparsity sparsity)
    {
        var scale = layers.Sum(l => l.Count) * (1 - sparsity.Value) / layers.Sum(l => l.Dims.Sum());
        return [.. layers.Select(l => 1 - (scale * l.Dims.Sum() / l.Count))];
    }
}
