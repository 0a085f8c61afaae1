using System.Globalization;
using Dsd.Schedules;
using SparsityLevels = System.Func<System.Collections.Generic.IReadOnlyList<Dsd.Plans.ParameterShape>, Dsd.Schedules.Sparsity, System.Collections.Generic.IReadOnlyList<double>>;

namespace Dsd.Plans;

/// <summary>Resolves the distribution and the pattern of one phase's mask rule; reports what does not exist, fit or combine.</summary>
internal sealed class MaskRuleResolution(Phase phase, IPlanMethods? methods, bool isToTrain, Action<string, string> report)
{
    private static readonly Dictionary<string, SparsityLevels> s_distributions = new()
    {
        [SparsityDistribution.Erk.Name] = ErdosRenyi.WithKernel,
        [SparsityDistribution.Er.Name] = ErdosRenyi.WithoutKernel,
    };

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

        if (!Find(Rule.Distribution.IsCustom ? methods?.Distributions : s_distributions, Rule.Distribution.Name, PlanIssue.UnknownDistribution, "distribution", out var function))
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

    /// <summary>Finds the pattern and reports parts of the rule that cannot be combined.</summary>
    public void Prepare()
    {
        if (phase.IsDense)
        {
            return;
        }

        var (distribution, update, isRamp) = (Rule.Distribution, Rule.Update, phase.Sparsity.Shape != CurveShape.Constant);
        if (update.Policy is not null && distribution == SparsityDistribution.Global && isRamp)
        {
            report("DSD013", $"a global ranking moves weights between layers while the sparsity does, but the update {update} needs a fixed count per layer. Make the sparsity constant, or choose another distribution.");
        }

        if (Rule.Pattern == MaskPattern.Element)
        {
            return;
        }

        var wrong = distribution == SparsityDistribution.Global
                ? $"one global ranking leaves open what each layer keeps, and the pattern {Rule.Pattern} says that of every group. Choose per layer, or the pattern of single elements"
            : Rule.Pattern.BuiltIn is NOfM && distribution != SparsityDistribution.Uniform
                ? $"the pattern {Rule.Pattern} has one sparsity for every layer, and the distribution {distribution} gives each its own. Choose per layer, or the pattern of single elements"
            : update.Policy == MaskUpdate.SetPolicy
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
