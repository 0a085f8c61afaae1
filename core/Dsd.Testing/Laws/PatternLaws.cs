using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck;
using FsCheck.Fluent;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>The laws of mask patterns.</summary>
/// <example><code>
/// PatternLaws.Check(MaskPattern.NOfM(2, 4));
/// PatternLaws.Check(new RowPattern());
/// </code></example>
public static class PatternLaws
{
    internal const string NoError = "every tensor is divided or refused";
    internal const string Once = "every weight once";
    internal const string Keep = "each group keeps its share";
    internal const string Deterministic = "the same groups each time";
    internal const string Satisfied = "the mask satisfies the pattern";
    internal const string Highest = "keeps the highest of each group";
    internal const string Axis = "neighbours on the axis";
    internal const string Trains = "a session chooses its masks";

    private const string Name = "checked";

    private static readonly string[] s_laws = [NoError, Once, Keep, Deterministic, Satisfied, Highest, Axis, Trains];

    private static readonly double[] s_sparsities = [0.1, 0.25, 1 / 3.0, 0.5, 0.6, 2 / 3.0, 0.75, 0.8, 0.875, 0.9];

    /// <summary>Checks a pattern of one's own.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="nOfM">The N:M pattern that it claims to be, as <see cref="MaskPattern.NOfM"/>: its mask is counted along that axis. Default null: none.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport Check(IMaskPattern pattern, MaskPattern? nOfM = null, LawOptions? options = null, PatternCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return Run("own pattern", MaskPattern.Custom(Name), pattern, nOfM, options, on, nOfM is null ? "pattern" : $"pattern, MaskPattern.NOfM({nOfM.Keep}, {nOfM.Of}, {nOfM.Axis})");
    }

    /// <summary>Checks a built-in pattern by the masks that a session chooses.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport Check(MaskPattern pattern, LawOptions? options = null, PatternCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return Run(pattern.ToString(), pattern, null, pattern.Of is null ? null : pattern, options, on, pattern.Of is null ? "pattern" : $"MaskPattern.NOfM({pattern.Keep}, {pattern.Of}, {pattern.Axis})");
    }

    private static LawReport Run(string subject, MaskPattern rule, IMaskPattern? own, MaskPattern? nOfM, LawOptions? options, PatternCase? on, string argument)
    {
        Torch.TorchRuntime.Configure();
        var run = new CaseRun<PatternCase>(subject, s_laws, (c, f) => CheckOn(c, f, rule, own, nOfM), c => c.Shrink(), (c, code) => $"PatternLaws.Check({argument}, {code.Argument("on", c.Print(code))})");
        double[] sparsities = nOfM is { Keep: { } keep, Of: { } of } ? [(double)(1 - ((decimal)keep / of))] : s_sparsities;
        return on is null ? run.Check(Cases(nOfM?.Of, nOfM?.Axis ?? 0, sparsities), options) : run.Check([on], (options ?? new()).Seed);
    }

    private static Gen<PatternCase> Cases(int? of, int axis, double[] sparsities) =>
        from count in Gen.Choose(Math.Max(2, Math.Min(axis + 1, 4)), 4)
        from dims in Gen.Choose(1, 6).ArrayOf(count)
        from times in Gen.Elements(1, 2, 3, 4)
        from fits in Gen.Elements(true, true, true, false)
        from sparsity in Gen.Elements(sparsities)
        select new PatternCase(dims.Select((d, i) => (long)(fits && i == axis && of is { } m ? m * (1 + (d % 3)) : d * times)), sparsity);

    private static void CheckOn(PatternCase c, Findings findings, MaskPattern rule, IMaskPattern? own, MaskPattern? nOfM)
    {
        PatternGroups? groups = null;
        if (own is not null)
        {
            string? refused = null;
            if (!findings.Try(NoError, "groups, or a refusal", () => groups = (refused = own.Refuse(c.Dims, new(c.Sparsity))) is null ? own.Divide(c.Dims, new(c.Sparsity)) : null)
                || !findings.Check(NoError, refused is null ? groups is not null : refused.Length > 0, () => "groups, or why there are none", () => refused is null ? "null" : "an empty sentence")
                || groups is null
                || !CheckGroups(c, findings, own, groups))
            {
                return;
            }
        }

        // Half of the cases have ties, which the order within a group decides.
        var values = Enumerable.Range(0, (int)c.Count).Select(i => (float)(CounterRandom.For(c.Count, "weights").Normal(i) is var w && c.Count % 2 == 0 ? w : Math.Round(w * 2) / 2)).ToArray();
        if (Mask(c, findings, rule, own, values, groups) is not { } mask)
        {
            return;
        }

        if (nOfM is { Of: { } of, Keep: { } keep, Axis: { } axis })
        {
            CheckAxis(c, findings, mask, keep, of, axis);
        }

        for (var group = 0L; groups is not null && group < groups.Count; group++)
        {
            var places = Enumerable.Range(0, groups.Size).Select(p => groups.Index(group, p)).ToList();
            var (kept, left) = (places.Where(i => mask[i]).ToList(), places.Where(i => !mask[i]).ToList());
            findings.Check(Satisfied, kept.Count == groups.Keep, () => $"{groups.Keep} of {groups.Size} kept in group {group}", () => $"{kept.Count}");
            findings.Check(
                Highest,
                kept.Count == 0 || left.Count == 0 || kept.Min(i => Math.Abs(values[i])) >= left.Max(i => Math.Abs(values[i])),
                () => $"the largest weights of group {group}",
                () => MaskLaws.Text(mask));
        }
    }

    private static bool CheckGroups(PatternCase c, Findings findings, IMaskPattern own, PatternGroups groups)
    {
        var indices = new List<long>();
        for (var group = 0L; group < groups.Count; group++)
        {
            for (var place = 0; place < groups.Size; place++)
            {
                indices.Add(groups.Index(group, place));
            }
        }

        if (!findings.Check(
            Once,
            indices.Order().SequenceEqual(Enumerable.Range(0, (int)c.Count).Select(i => (long)i)),
            () => FormattableString.Invariant($"each index from 0 to {c.Count - 1} in one place"),
            () => indices.GroupBy(i => i).FirstOrDefault(g => g.Count() > 1) is { } twice ? FormattableString.Invariant($"index {twice.Key} in {twice.Count()} places")
                : indices.Exists(i => i < 0 || i >= c.Count) ? FormattableString.Invariant($"index {indices.First(i => i < 0 || i >= c.Count)}")
                : FormattableString.Invariant($"{indices.Count} places for {c.Count} weights")))
        {
            return false;
        }

        var share = groups.Size * (1 - (decimal)c.Sparsity);
        var (low, high) = (Math.Max(1, (int)Math.Floor(share)), Math.Max(1, (int)Math.Ceiling(share)));
        var again = own.Divide(c.Dims, new(c.Sparsity));
        return findings.Check(
            Keep,
            groups.Keep >= low && groups.Keep <= high,
            () => FormattableString.Invariant($"{low}{(low == high ? "" : $" or {high}")} of {groups.Size} kept at a sparsity of {c.Sparsity:G6}"),
            () => FormattableString.Invariant($"{groups.Keep}"))
            & findings.Check(
                Deterministic,
                (again.Count, again.Size, again.Keep) == (groups.Count, groups.Size, groups.Keep) && indices.SequenceEqual(Enumerable.Range(0, indices.Count).Select(i => again.Index(i / again.Size, i % again.Size))),
                () => "the same groups for the same tensor",
                () => "others");
    }

    /// <summary>Counts the mask along an axis by coordinates alone, as no code of a pattern does.</summary>
    private static void CheckAxis(PatternCase c, Findings findings, BitMask mask, int keep, int of, int axis)
    {
        var counts = new Dictionary<string, int>();
        for (var index = 0L; index < mask.Count; index++)
        {
            var (rest, place) = (index, new long[c.Dims.Count]);
            for (var d = c.Dims.Count - 1; d >= 0; d--)
            {
                (place[d], rest) = (rest % c.Dims[d], rest / c.Dims[d]);
            }

            place[axis] /= of;
            var key = string.Join(", ", place);
            counts[key] = counts.GetValueOrDefault(key) + (mask[index] ? 1 : 0);
        }

        var wrong = counts.FirstOrDefault(g => g.Value != keep);
        findings.Check(Axis, wrong.Key is null, () => $"{keep} of every {of} neighbours on axis {axis} kept", () => $"{wrong.Value} of those at ({wrong.Key}), where the number on axis {axis} counts groups");
    }

    /// <summary>Returns the mask that a session chooses for one layer of a case; null if the pattern does not fit it.</summary>
    private static BitMask? Mask(PatternCase c, Findings findings, MaskPattern rule, IMaskPattern? own, float[] values, PatternGroups? groups)
    {
        var methods = own is null ? MaskMethods.None : MaskMethods.None.WithPattern(Name, own);
        var schedule = new Schedule([new Phase("sparse", Duration.Steps(1), LearningRate.Constant(0.1), SparsityCurve.Constant(c.Sparsity), new MaskRule(pattern: rule), LayerScope.Default.Prune("*"))]);
        using var layer = new OneWeight(tensor(values, [.. c.Dims]).clone());
        var shape = ModelInspection.ShapeOf(layer);
        if (groups is null && Plan.Check(schedule, shape, 1, methods).Count > 0)
        {
            return null;
        }

        // Groups that keep everything prune nothing, which a plan refuses.
        if (groups is not null && groups.Keep == groups.Size)
        {
            return null;
        }

        BitMask? mask = null;
        _ = findings.Try(Trains, "a mask", () =>
        {
            using var optimizer = optim.SGD(layer.parameters(), 0.1);
            using var session = new Session(Plan.Resolve(schedule, shape, 1, methods), layer, optimizer, methods: methods);
            _ = session.BeginStep();
            mask = session.Masks.Masks["weight"];
        });
        return mask;
    }

    private sealed class OneWeight : nn.Module
    {
        public OneWeight(Tensor weight)
            : base("one")
        {
            register_parameter("weight", new TorchSharp.Modules.Parameter(weight));
        }
    }
}
