using System.Globalization;
using Dsd.Schedules;
using SparsityLevels = System.Func<System.Collections.Generic.IReadOnlyList<Dsd.Plans.ParameterShape>, Dsd.Schedules.Sparsity, System.Collections.Generic.IReadOnlyList<double>>;

namespace Dsd.Plans;

/// <summary>Resolves the distribution and the pattern of one phase's mask rule; reports what does not exist, fit or combine.</summary>
internal sealed class MaskRuleResolution(Phase phase, IPlanMethods? methods, bool isToTrain, bool hasMasksBefore, Action<string, string> report)
{
    private readonly List<long> _together = [];
    private IMaskPattern? _pattern;

    private MaskRule Rule => phase.Mask;

    /// <summary>Computes the sparsity curve of each layer that has no level of its own.</summary>
    public Dictionary<string, SparsityCurve> Curves(IReadOnlyList<ParameterShape> layers)
    {
        var same = layers.ToDictionary(l => l.Name, _ => phase.Sparsity);
        if (!Rule.Distribution.HasLevels || phase.IsDense || layers.Count == 0)
        {
            return same;
        }

        var (distribution, power) = (Rule.Distribution, Rule.Distribution.Power);
        SparsityLevels? function = distribution.Name == SparsityDistribution.Erk.Name ? (l, s) => ErdosRenyi.WithKernel(l, s, power) : (l, s) => ErdosRenyi.WithoutKernel(l, s, power);
        if (distribution.IsCustom && !Find(methods?.Distributions, distribution.Name, PlanIssue.UnknownDistribution, "distribution", out function))
        {
            return same;
        }

        // Checking both ends is enough: between them each layer follows one curve, and so does their sum.
        var to = Levels(function, layers, phase.Sparsity.To);
        var from = phase.Sparsity.From == phase.Sparsity.To ? to : Levels(function, layers, phase.Sparsity.From);
        return from is null || to is null ? same : layers.Select((l, i) => (l.Name, Curve: phase.Sparsity.Between(from[i], to[i]))).ToDictionary(c => c.Name, c => c.Curve);
    }

    /// <summary>Applies the pattern to a layer; null if single elements may be pruned, or if the pattern does not fit.</summary>
    public LayerPattern? Pattern(ParameterShape layer, SparsityCurve curve)
    {
        if (_pattern is not { } pattern)
        {
            return null;
        }

        var made = new LayerPattern(Rule.Pattern, pattern, layer.Dims);
        foreach (var sparsity in new[] { curve.From, curve.To }.Distinct())
        {
            if (pattern.Refuse(layer.Dims, sparsity) is { } why)
            {
                report("DSD012", $"{layer.Name} {why.TrimEnd('.')}.");
                return null;
            }

            // Groups that overlap in pruned places, or miss the sparsity, were once trained; their records stay readable.
            if ((isToTrain ? PatternCoverage.Problem(made, sparsity) : PatternCoverage.CountProblem(made, sparsity)) is { } problem)
            {
                report("DSD012", $"{layer.Name} {problem}");
                return null;
            }
        }

        return made;
    }

    /// <summary>Adds to a layer what given masks say about it, and that a threshold decides its count; reports masks that do not fit.</summary>
    public PlannedLayer Given(PlannedLayer layer)
    {
        if (!layer.IsPruned)
        {
            return layer;
        }

        if (Rule.Within is { } within && Counts(layer, within) is { } allowed)
        {
            if (layer.IsGlobal)
            {
                _together.Add(allowed);
            }
            else if (allowed < MostKept(layer))
            {
                report(PlanIssue.GivenMask, FormattableString.Invariant($"{layer.Parameter} is to keep {MostKept(layer):N0} weights within {within}, which keep {allowed:N0} of it. Raise the sparsity, or keep it dense."));
            }
        }

        if (Rule.Criterion.Masks is not { } masks)
        {
            return layer with { IsOpen = Rule.Criterion.DecidesCount };
        }

        var kept = Counts(layer, masks);
        if (kept < MostKept(layer))
        {
            report(PlanIssue.GivenMask, FormattableString.Invariant($"{masks} keep {kept:N0} of the {layer.Weights:N0} weights of {layer.Parameter}, and at a sparsity of at most {layer.Sparsity!.To.ToShortString()} it keeps {MostKept(layer):N0} or more. Raise the sparsity of the phase, which is the most that may be pruned."));
        }

        return layer with { GivenKept = kept, IsOpen = kept is null };
    }

    /// <summary>Reports given masks that keep fewer weights of the globally ranked layers than these are to keep; of layers that are ranked together only the sum counts.</summary>
    /// <param name="layers">The layers, each as <see cref="Given"/> returned it.</param>
    public void GivenTogether(IEnumerable<PlannedLayer> layers)
    {
        var pooled = layers.Where(l => l.IsGlobal).ToList();
        var (weights, allowed) = (pooled.Sum(l => l.Weights), _together.Sum());
        var most = Math.Max(pooled.Count, Math.Max(phase.Sparsity.From.Kept(weights), phase.Sparsity.To.Kept(weights)));
        if (pooled.Count > 0 && _together.Count == pooled.Count && allowed < most)
        {
            report(PlanIssue.GivenMask, FormattableString.Invariant($"the global ranking is to keep {most:N0} weights within {Rule.Within}, which keep {allowed:N0} of its layers. Raise the sparsity."));
        }
    }

    /// <summary>Finds the pattern and reports parts of the rule that cannot be combined.</summary>
    public void Prepare()
    {
        if (phase.IsDense)
        {
            if (phase.StraightThrough is not null)
            {
                report("DSD013", "it trains pruned weights straight-through, but prunes none. Give it a sparsity, or leave that out.");
            }

            return;
        }

        CheckMasks();
        CheckCriterion();

        if (isToTrain && phase.StraightThrough is { } straight && straight.Trained < 1 - Math.Max(phase.Sparsity.From.Value, phase.Sparsity.To.Value) - 1e-9)
        {
            report("DSD013", FormattableString.Invariant($"at most {straight.Trained:R} of its weights are to be trained, but its masks keep more. Raise the trained fraction, or the sparsity."));
        }

        var (spread, update, isRamp) = (Rule.Distribution, Rule.Update, phase.Sparsity.Shape != CurveShape.Constant);
        if (update.Policy is not null && spread == SparsityDistribution.Global && isRamp)
        {
            report("DSD013", $"a global ranking moves weights between layers while the sparsity does, but the update {update} needs a fixed count per layer. Make the sparsity constant, or choose another distribution.");
        }

        if (Rule.Pattern == MaskPattern.Element)
        {
            return;
        }

        var wrong = spread == SparsityDistribution.Global
                ? $"one global ranking leaves open what each layer keeps, and the pattern {Rule.Pattern} says that of every group. Choose per layer, or the pattern of single elements"
            : Rule.Pattern.BuiltIn is NOfM && spread != SparsityDistribution.Uniform
                ? $"the pattern {Rule.Pattern} has one sparsity for every layer, and the distribution {spread} gives each its own. Choose per layer, or the pattern of single elements"
            : update is { Policy: not null, IsCustom: false }
                ? $"the update {update} exchanges single weights, which would break the pattern {Rule.Pattern}. Choose the pattern of single elements, or an update by the criterion"
            : isRamp && update is { Policy: null, MayRegrow: false }
                ? $"masks of a ramp are nested, which single weights can be and groups of the pattern {Rule.Pattern} not. Let the update regrow, or make the sparsity constant"
            : null;
        if (wrong is not null)
        {
            report("DSD013", $"{wrong}.");
        }
        else if (Rule.Pattern.Name is not { } name)
        {
            _pattern = Rule.Pattern.BuiltIn;
        }
        else if (Find(methods?.Patterns, name, PlanIssue.UnknownPattern, "pattern", out var found))
        {
            _pattern = found;
        }
    }

    /// <summary>The most weights that a layer is to keep at any update, which masks must have.</summary>
    private static long MostKept(PlannedLayer layer) => Math.Max(layer.Sparsity!.From.Kept(layer.Weights), layer.Sparsity.To.Kept(layer.Weights));

    /// <summary>Returns how many weights given masks keep of a layer, null if the plan cannot know; reports masks of another size, or none.</summary>
    private long? Counts(PlannedLayer layer, GivenMasks masks)
    {
        if (methods is null || masks.HasPrevious || masks.Names.Except(methods.MaskNames).Any())
        {
            return null;
        }

        if (methods.CountsOf(masks, layer.Parameter) is not var (weights, kept))
        {
            report(PlanIssue.GivenMask, $"{masks} have none for {layer.Parameter}, which the phase prunes. Keep it dense, or give a mask for it.");
            return null;
        }

        if (weights != layer.Weights)
        {
            report(PlanIssue.GivenMask, FormattableString.Invariant($"{masks} have one for {weights:N0} weights of {layer.Parameter}, which has {layer.Weights:N0}. Give masks of this network."));
            return null;
        }

        return kept;
    }

    private void CheckMasks()
    {
        if (isToTrain && Rule.GivenMasks.SelectMany(m => m.Names).Distinct().Except(methods?.MaskNames ?? []).ToList() is { Count: > 0 } unknown)
        {
            var given = methods?.MaskNames.Select(n => $"'{n}'").ToList() is { Count: > 0 } names ? $"given are {string.Join(", ", names)}" : "none was given";
            report(PlanIssue.UnknownMasks, $"it has the masks {string.Join(", ", unknown.Select(n => $"'{n}'"))}, but {given}. Pass them under that name: --masks NAME=FILE on the command line, MaskMethods.WithMasks in a program.");
        }

        if (!hasMasksBefore && Rule.GivenMasks.Any(m => m.HasPrevious))
        {
            report(PlanIssue.GivenMask, "it has the masks of the sparse phase before, but there is none. Leave them out, or put a sparse phase before it.");
        }

        if (Rule.Within is not null && (Rule.Pattern != MaskPattern.Element || Rule.Update.Policy is not null))
        {
            report("DSD013", $"within {Rule.Within} single weights are chosen by the criterion, and {(Rule.Update.Policy is null ? $"the pattern {Rule.Pattern}" : $"the update {Rule.Update}")} chooses otherwise. Leave one or the other out.");
        }
    }

    private void CheckCriterion()
    {
        var (criterion, update) = (Rule.Criterion, Rule.Update);
        if (criterion.DecidesCount && (Rule.Distribution == SparsityDistribution.Global || Rule.Pattern != MaskPattern.Element))
        {
            report("DSD013", $"the criterion {criterion} decides how many weights each layer keeps, and {(Rule.Pattern == MaskPattern.Element ? "a global ranking" : $"the pattern {Rule.Pattern}")} does too. Choose one of them.");
        }

        if (criterion.Masks is not null && update is { Interval: not null, Policy: null })
        {
            report("DSD013", $"{criterion} stay as they are, but the update is {update}. Update once, or by an exchange such as RigL.");
        }

        if (isToTrain && criterion.Masks is not null && Rule.Within is not null)
        {
            report("DSD013", $"{criterion} are used exactly as given, so they cannot also be limited to {Rule.Within}. Leave one or the other out, or give both as one, combined by GivenMasks.And.");
        }

        if (isToTrain && criterion.InDeviations && update.Interval is not null && phase.Rewind is { } rewind)
        {
            report("DSD013", $"its {criterion} is computed from the weights before they are {rewind}, but later updates ({update}) would apply it to those afterwards. Update once, or give the threshold as a number.");
        }

        if (criterion.Kind == CriterionKind.Movement && !phase.Sparsity.From.IsDense)
        {
            report("DSD014", $"weights are ranked by their movement in the phase, and before its first step nothing has moved. Start the sparsity at 0, such as SparsityCurve.Cubic(0, {phase.Sparsity.To}), with masks chosen at intervals.");
        }
    }

    private Sparsity[]? Levels(SparsityLevels function, IReadOnlyList<ParameterShape> layers, Sparsity sparsity)
    {
        var levels = function(layers, sparsity);
        if (levels?.Count != layers.Count)
        {
            return Wrong(string.Create(CultureInfo.InvariantCulture, $"gave {levels?.Count ?? 0} levels for {layers.Count} layers"));
        }

        if (Enumerable.Range(0, levels.Count).FirstOrDefault(i => levels[i] is not (>= 0 and < 1), -1) is >= 0 and var bad)
        {
            return Wrong(string.Create(CultureInfo.InvariantCulture, $"gave {layers[bad].Name} the level {levels[bad]:R}"));
        }

        var made = levels.Select(l => new Sparsity(l)).ToArray();
        var (kept, asked) = (layers.Zip(made).Sum(l => l.Second.Kept(l.First.Count)), (1 - sparsity.Value) * layers.Sum(l => (double)l.Count));
        return Math.Abs(kept - asked) <= layers.Count
            ? made
            : Wrong(string.Create(CultureInfo.InvariantCulture, $"keeps {kept:N0} weights at a sparsity of {sparsity.ToShortString()}, but {asked:N0} are requested"));

        Sparsity[]? Wrong(string what)
        {
            report("DSD011", $"the distribution {Rule.Distribution} {what}. It must return one level per layer, at least 0 and below 1, which together meet the sparsity within one weight a layer.");
            return null;
        }
    }

    private bool Find<T>(IReadOnlyDictionary<string, T>? given, string name, string code, string what, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? found)
        where T : class
    {
        found = given?.GetValueOrDefault(name);
        if (found is null)
        {
            var names = given is { Count: > 0 } ? $"given are {string.Join(", ", given.Keys.Select(k => $"'{k}'"))}" : "none was given";
            report(code, $"its masks have the {what} '{name}', but {names}. Pass it to the plan under that name, in MaskMethods.");
        }

        return found is not null;
    }
}
