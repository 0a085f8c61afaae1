using Dsd.Masks;
using Dsd.Schedules;
using FsCheck.Fluent;
using static TorchSharp.torch;

namespace Dsd.Testing;

// The laws of choices, which make the mask of a layer from its weights.
public static partial class MaskLaws
{
    internal const string CountOfSparsity = "count of a sparsity";
    internal const string Highest = "keeps the highest";
    internal const string Order = "ignores order";
    internal const string Scale = "ignores scale";
    internal const string Nested = "nested";
    internal const string Idempotent = "idempotent";
    internal const string NonFinite = "refuses what is not finite";
    internal const string Scores = "one finite score for each weight";

    private static readonly string[] s_choice = [NoError, Count, Highest, Deterministic, Independent, ChangesNothing, Order, Scale, Nested, Idempotent, NonFinite];

    /// <summary>Checks a function that chooses the mask of a layer that keeps a number of weights.</summary>
    /// <param name="choose">The function, of the layer and the number of weights to keep.</param>
    /// <param name="ranksBy">The scores by which it ranks: no pruned weight may score higher than a kept one. Default null: not checked.</param>
    /// <param name="claims">The properties that it claims. Default: all.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check, e.g. a counter-example. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport CheckChoice(
        Func<MaskContext, long, BitMask> choose,
        Func<MaskContext, Tensor>? ranksBy = null,
        MaskClaims claims = MaskClaims.All,
        LawOptions? options = null,
        MaskCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(choose);
        return Run("mask choice", s_choice, (c, f) => CheckOn(c, f, choose, ranksBy, claims), "MaskLaws.CheckChoice(choose", options, on);
    }

    /// <summary>Checks a function that chooses the mask of a layer by a sparsity: as <see cref="CheckChoice"/>, with the count that <see cref="Sparsity.Kept"/> says.</summary>
    /// <param name="choose">The function, of the layer and the fraction to prune.</param>
    /// <param name="ranksBy">The scores by which it ranks. Default null: not checked.</param>
    /// <param name="claims">The properties that it claims. Default: all.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport CheckSparsity(
        Func<MaskContext, Sparsity, BitMask> choose,
        Func<MaskContext, Tensor>? ranksBy = null,
        MaskClaims claims = MaskClaims.All,
        LawOptions? options = null,
        MaskCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(choose);
        return Run("mask choice by sparsity", [NoError, CountOfSparsity, .. s_choice.Skip(2)], Check, "MaskLaws.CheckSparsity(choose", options, on);

        void Check(MaskCase c, Findings findings)
        {
            // Every percentage: the products that a binary fraction rounds the wrong way are among them.
            foreach (var percent in Enumerable.Range(0, 100))
            {
                var (sparsity, n) = (new Sparsity(percent / 100.0), c.Weights.Count);
                var pruned = (long)Math.Round(percent / 100m * n, MidpointRounding.ToEven);
                var expected = Math.Max(1, n - pruned);
                BitMask? mask = null;
                if (!findings.Try(NoError, "a mask", () => mask = choose(c.Context(), sparsity)) || !findings.Check(
                    CountOfSparsity,
                    mask!.Count == n && Kept(mask).Count() == expected,
                    () => FormattableString.Invariant($"{expected} of {n} kept at a sparsity of {sparsity}"),
                    () => FormattableString.Invariant($"{Kept(mask).Count()} of {mask.Count} kept")))
                {
                    return;
                }
            }

            CheckOn(c, findings, (context, keep) => choose(context, new Sparsity(1 - ((double)keep / c.Weights.Count))), ranksBy, claims, checksCount: false);
        }
    }

    /// <summary>Checks a score function: that it scores every layer, and every law of the choice that it makes.</summary>
    /// <param name="score">One finite score for each weight, in their shape; the highest are kept.</param>
    /// <param name="claims">The properties that it claims; it is nested by construction. Default: all but refusing what is not finite, which the choice does.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport CheckScore(
        Func<MaskContext, Tensor> score,
        MaskClaims claims = MaskClaims.IgnoresOrder | MaskClaims.IgnoresScale,
        LawOptions? options = null,
        MaskCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(score);
        return Run("score function", [NoError, Scores, .. s_choice.Skip(1)], Check, "MaskLaws.CheckScore(score", options, on);

        void Check(MaskCase c, Findings findings)
        {
            Tensor? scores = null;
            if (findings.Try(NoError, "scores", () => scores = score(c.Context())) && findings.Check(
                Scores,
                scores is not null && scores.shape.SequenceEqual(c.Dims) && scores.to(float64).isfinite().all().item<bool>(),
                () => $"finite scores of shape ({string.Join(", ", c.Dims)})",
                () => scores is null ? "null" : $"shape ({string.Join(", ", scores.shape)}): {string.Join(", ", Values(scores).Take(12))}"))
            {
                CheckOn(c, findings, (context, keep) => context.Top(score(context), keep), score, claims);
            }
        }
    }

    /// <summary>Runs laws on random cases, or on one.</summary>
    private static LawReport Run(string subject, IEnumerable<string> laws, Action<MaskCase, Findings> check, string call, LawOptions? options, MaskCase? on)
    {
        Torch.TorchRuntime.Configure();
        var run = new CaseRun<MaskCase>(subject, laws, check, c => c.Shrink(), (c, code) => $"{call}, {code.Argument("on", c.Print(code))})");
        return on is null ? run.Check(Generators.MaskCases().Generator.Select(c => c.On((options ?? new()).Device)), options) : run.Check([on], (options ?? new()).Seed);
    }

    private static void CheckOn(MaskCase c, Findings findings, Func<MaskContext, long, BitMask> choose, Func<MaskContext, Tensor>? ranksBy, MaskClaims claims, bool checksCount = true)
    {
        var context = c.Context();
        var (weights, gradients) = (Bits(context.Weight), Bits(context.Gradient!));
        BitMask? chosen = null;
        if (!findings.Try(NoError, "a mask", () => chosen = choose(context, c.Keep)) || chosen is not { } mask)
        {
            findings.Check(NoError, chosen is not null, () => "a mask", () => "null");
            return;
        }

        if (checksCount && !findings.Check(Count, mask.Count == c.Weights.Count && mask.Kept == c.Keep && Kept(mask).Count() == c.Keep, () => $"{c.Keep} of {c.Weights.Count} kept", () => $"{Kept(mask).Count()} of {mask.Count} kept: {Text(mask)}"))
        {
            return;
        }

        findings.Check(
            ChangesNothing,
            Bits(context.Weight).SequenceEqual(weights) && Bits(context.Gradient!).SequenceEqual(gradients),
            () => "weights and gradients as they were",
            () => Bits(context.Weight).SequenceEqual(weights) ? "other gradients" : "other weights");
        Same(Deterministic, choose(c.Context(), c.Keep), "the same mask for the same layer");
        if (ranksBy is not null)
        {
            var scores = Values(ranksBy(c.Context()));
            var lowest = Kept(mask).Select(i => scores[i]).DefaultIfEmpty(double.PositiveInfinity).Min();
            var highest = Enumerable.Range(0, scores.Length).Where(i => !mask[i]).Select(i => scores[i]).DefaultIfEmpty(double.NegativeInfinity).Max();
            findings.Check(Highest, lowest >= highest, () => "no pruned weight that scores higher than a kept one", () => FormattableString.Invariant($"one pruned at {highest:R} and one kept at {lowest:R}: {Text(mask)}"));
        }

        // Another layer and another count in between: what a method remembers outside of the context shows.
        _ = choose(c.With(weights: c.Weights.Reverse(), gradients: c.Gradients.Reverse()).Context(), 1);
        Same(Independent, choose(c.Context(), c.Keep), "the same mask after a choice for another layer");
        if (claims.HasFlag(MaskClaims.Nested))
        {
            var wider = choose(c.Context(), Math.Min(c.Weights.Count, c.Keep + 1));
            findings.Check(Nested, mask.CountKeptOnlyHere(wider) == 0, () => "a subset of the mask that keeps one weight more", () => $"{Text(mask)}, and {Text(wider)} with one more");
        }

        if (claims.HasFlag(MaskClaims.Idempotent))
        {
            Same(Idempotent, choose(c.Context(mask), c.Keep), "the same mask among weights that it has masked");
        }

        if (claims.HasFlag(MaskClaims.RefusesNonFinite))
        {
            CheckNonFinite(c, findings, choose);
        }

        // Few tied weights make many: distinct values for what holds without ties alone.
        var distinct = Distinct(c);
        if (claims.HasFlag(MaskClaims.IgnoresOrder) && HasNoTies(distinct, ranksBy))
        {
            var order = CounterRandom.For(c.Weights.Count, "order").Permutation(c.Weights.Count);
            var before = choose(distinct.Context(), c.Keep);
            var after = choose(distinct.With(order.Select(i => distinct.Weights[i]), order.Select(i => distinct.Gradients[i])).Context(), c.Keep);
            findings.Check(
                Order,
                order.Select((from, to) => before[from] == after[to]).All(same => same),
                () => $"the mask permuted as the weights are: {string.Concat(order.Select(i => before[i] ? '1' : '0'))}",
                () => Text(after));
        }

        if (claims.HasFlag(MaskClaims.IgnoresScale))
        {
            // A power of two is exact in every format.
            Func<MaskContext, BitMask> of = context => choose(context, c.Keep);
            var (plain, scaled) = (of(distinct.Context()), of(distinct.With(distinct.Weights.Select(w => w * 4)).Context()));
            findings.Check(Scale, plain.Equals(scaled), () => $"the same mask for four times the weights: {Text(plain)}", () => Text(scaled));
        }

        void Same(string law, BitMask again, string expected) =>
            findings.Check(law, mask.Equals(again), () => $"{expected}: {Text(mask)}", () => Text(again));
    }

    private static void CheckNonFinite(MaskCase c, Findings findings, Func<MaskContext, long, BitMask> choose)
    {
        foreach (var value in new[] { float.NaN, float.PositiveInfinity })
        {
            var refused = false;
            try
            {
                _ = choose(c.With(weights: c.Weights.SetItem(c.Weights.Count / 2, value)).Context(), c.Keep);
            }
            catch (Exception e) when (e is not LawException)
            {
                refused = true;
            }

            findings.Check(NonFinite, refused, () => $"an exception for a weight that is {value}", () => "a mask");
        }
    }

    /// <summary>The case with weights and gradients of which no two have the same size, in the same format.</summary>
    private static MaskCase Distinct(MaskCase c)
    {
        var order = CounterRandom.For(c.Weights.Count, "distinct").Permutation(c.Weights.Count);
        return c.With(
            c.Weights.Select((w, i) => (order[i] + 1) / 4f * (float.IsNegative(w) ? -1 : 1)),
            c.Gradients.Select((g, i) => MathF.ScaleB(float.IsNegative(g) ? -1 : 1, i % 2)));
    }

    private static bool HasNoTies(MaskCase c, Func<MaskContext, Tensor>? ranksBy) =>
        ranksBy is null || Values(ranksBy(c.Context())) is var scores && scores.Distinct().Count() == scores.Length;
}
