using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using FsCheck;
using FsCheck.Fluent;
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
    internal const string Units = "keeps the highest units";
    internal const string RandomUnits = "every unit has a random number of its own";
    internal const string Trains = "a session chooses its masks";

    /// <summary>The name of a pattern of one's own.</summary>
    internal const string Name = "checked";

    private static readonly string[] s_laws = [NoError, Once, Keep, Deterministic, Satisfied, Highest, Axis, Units, RandomUnits, Trains];

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
        return Run("own pattern", MaskPattern.Custom(Name), pattern, nOfM, options, on, nOfM is null ? "pattern" : $"pattern, MaskPattern.NOfM({nOfM.Keep}, {nOfM.Of}, {nOfM.Axis}{Pad(nOfM)})");
    }

    /// <summary>Checks a built-in pattern by the masks that a session chooses.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport Check(MaskPattern pattern, LawOptions? options = null, PatternCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return Run(pattern.ToString(), pattern, null, pattern.Of is null ? null : pattern, options, on, pattern.Of is null ? "pattern" : $"MaskPattern.NOfM({pattern.Keep}, {pattern.Of}, {pattern.Axis}{Pad(pattern)})");
    }

    /// <summary>Checks another choice of the masks of a unit pattern than a session's.</summary>
    internal static LawReport CheckUnits(MaskPattern pattern, Func<PatternCase, MaskCriterion, float[], BitMask?> choose, LawOptions? options = null, PatternCase? on = null) =>
        Run(pattern.ToString(), pattern, null, null, options, on, "pattern, choose", choose);

    private static LawReport Run(string subject, MaskPattern rule, IMaskPattern? own, MaskPattern? nOfM, LawOptions? options, PatternCase? on, string argument, Func<PatternCase, MaskCriterion, float[], BitMask?>? choose = null)
    {
        Torch.TorchRuntime.Configure();
        var units = new WrittenRule(new MaskRule(pattern: rule)).Units;
        var run = new CaseRun<PatternCase>(subject, s_laws, (c, f) => CheckOn(c, f, rule, own, nOfM, units, choose), c => c.Shrink(), (c, code) => $"PatternLaws.{(choose is null ? "Check" : "CheckUnits")}({argument}, {code.Argument("on", c.Print(code))})");
        double[] sparsities = nOfM is { Keep: { } keep, Of: { } of } ? [(double)(1 - ((decimal)keep / of))] : s_sparsities;
        return on is null ? run.Check(Cases(nOfM?.Of, nOfM?.Axis ?? 0, sparsities, units is null ? 4 : 2).Select(c => c.On((options ?? new()).Device)), options) : run.Check([on], (options ?? new()).Seed);
    }

    private static Gen<PatternCase> Cases(int? of, int axis, double[] sparsities, int most) =>
        from count in Gen.Choose(Math.Max(2, Math.Min(axis + 1, 4)), 4)
        from dims in Gen.Choose(1, 6).ArrayOf(count)
        from times in Gen.Choose(1, most)
        from fits in Gen.Elements(true, true, true, false)
        from sparsity in Gen.Elements(sparsities)
        select new PatternCase(dims.Select((d, i) => (long)(fits && i == axis && of is { } m ? m * (1 + (d % 3)) : d * times)), sparsity);

    private static void CheckOn(PatternCase c, Findings findings, MaskPattern rule, IMaskPattern? own, MaskPattern? nOfM, UnitPattern? units, Func<PatternCase, MaskCriterion, float[], BitMask?>? choose)
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
        if (units is not null)
        {
            new UnitLaws(c, findings, units, by => choose is null ? OneWeight.Choose(c, findings, new MaskRule(by, pattern: rule), own, values, groups) : choose(c, by, values)).Check(values);
            return;
        }

        if (OneWeight.Choose(c, findings, new MaskRule(pattern: rule), own, values, groups) is not { } mask)
        {
            return;
        }

        if (nOfM is { Of: { } of, Keep: { } keep, Axis: { } axis })
        {
            CheckAxis(c, findings, mask, keep, of, axis);
        }

        if (groups is null)
        {
            findings.Check(Satisfied, mask.Satisfies(rule, c.Dims), () => $"a mask that satisfies {rule}", () => MaskLaws.Text(mask));
            return;
        }

        for (var part = groups; part is not null; part = part.Rest)
        {
            for (var group = 0L; group < part.Count; group++)
            {
                CheckGroup(findings, part, group, mask, values);
            }
        }
    }

    /// <summary>Checks that units are kept or pruned as a whole, as many as the group says, and the highest of them.</summary>
    private static void CheckGroup(Findings findings, PatternGroups part, long group, BitMask mask, float[] values)
    {
        var units = Enumerable.Range(0, (int)part.Size).Select(u => Enumerable.Range(0, (int)part.UnitSize).Select(p => part.Index(group, (u * part.UnitSize) + p)).ToList()).ToList();
        var (kept, left) = (units.Where(u => u.All(i => mask[i])).ToList(), units.Where(u => !u.Exists(i => mask[i])).ToList());
        if (findings.Check(Satisfied, kept.Count == part.Keep && left.Count == part.Size - part.Keep, () => $"{part.Keep} of {part.Size} units kept in group {group}, each as a whole", () => $"{kept.Count} kept and {left.Count} pruned: {MaskLaws.Text(mask)}")
            && kept.Count > 0 && left.Count > 0)
        {
            // Norms are sums of rounded numbers.
            findings.Check(Highest, kept.Min(Norm) >= left.Max(Norm) * (1 - 1e-6), () => $"the units of group {group} with the largest norms", () => MaskLaws.Text(mask));
        }

        double Norm(List<long> unit)
        {
            var sizes = unit.Select(i => (double)Math.Abs(values[i])).ToList();
            return part.UnitSize == 1 || part.Norm == UnitNorm.LInfinity ? sizes.Max() : part.Norm == UnitNorm.L1 ? sizes.Sum() : Math.Sqrt(sizes.Sum(v => v * v));
        }
    }

    private static bool CheckGroups(PatternCase c, Findings findings, IMaskPattern own, PatternGroups groups)
    {
        var indices = Indices(groups);
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

        var holds = true;
        for (var part = groups; part is not null; part = part.Rest)
        {
            // Groups that are joined may keep none, as long as others keep some.
            var (size, keep) = (part.Size, part.Keep);
            var share = size * (1 - (decimal)c.Sparsity);
            var (low, high) = (Math.Max(groups.Rest is null ? 1 : 0, (long)Math.Floor(share)), Math.Max(1, (long)Math.Ceiling(share)));
            holds &= findings.Check(
                Keep,
                keep >= low && keep <= high,
                () => FormattableString.Invariant($"{low}{(low == high ? "" : $" or {high}")} of {size} kept at a sparsity of {c.Sparsity:G6}"),
                () => FormattableString.Invariant($"{keep}"));
        }

        return holds & findings.Check(Deterministic, Indices(own.Divide(c.Dims, new(c.Sparsity))).SequenceEqual(indices), () => "the same groups for the same tensor", () => "others");
    }

    private static List<long> Indices(PatternGroups groups)
    {
        var indices = new List<long>();
        for (var part = groups; part is not null; part = part.Rest)
        {
            for (var group = 0L; group < part.Count; group++)
            {
                for (var place = 0L; place < part.Size * part.UnitSize; place++)
                {
                    indices.Add(part.Index(group, place));
                }
            }
        }

        return indices;
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

        // Of a group that the edge cuts, at most as many.
        var cut = c.Dims[axis] % of == 0 ? -1 : c.Dims[axis] / of;
        var wrong = counts.FirstOrDefault(g => g.Key.Split(", ")[axis] == $"{cut}" ? g.Value > keep : g.Value != keep);
        findings.Check(Axis, wrong.Key is null, () => $"{keep} of every {of} neighbours on axis {axis} kept", () => $"{wrong.Value} of those at ({wrong.Key}), where the number on axis {axis} counts groups");
    }

    /// <summary>The argument of a padded pattern.</summary>
    private static string Pad(MaskPattern pattern) => pattern.IsPadded ? ", pad: true" : "";
}
