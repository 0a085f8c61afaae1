using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The mask methods of the user's that schedules call by name: criteria, distributions, patterns and updates. Those built in need no entry.</summary>
/// <remarks>One value serves plans, sessions, trainers and studies; each call of a <c>With…</c> returns a new one.</remarks>
/// <example><code>
/// var methods = MaskMethods.None.WithCriterion("smallest", layer => layer.Weight.abs().neg());
/// </code></example>
public sealed class MaskMethods : IPlanMethods
{
    private static readonly SparseEvolution s_set = new();

    private MaskMethods(
        IReadOnlyDictionary<string, Func<MaskContext, Tensor>> criteria,
        IReadOnlyDictionary<string, SparsityLevels> distributions,
        IReadOnlyDictionary<string, IMaskPattern> patterns,
        IReadOnlyDictionary<string, IMaskUpdate> updates)
    {
        Criteria = criteria;
        Distributions = distributions;
        Patterns = patterns;
        Updates = updates;
    }

    /// <summary>Those built in alone.</summary>
    public static MaskMethods None { get; } = new(
        new Dictionary<string, Func<MaskContext, Tensor>>(), new Dictionary<string, SparsityLevels>(), new Dictionary<string, IMaskPattern>(), new Dictionary<string, IMaskUpdate>());

    /// <summary>The score functions of the user's by name.</summary>
    public IReadOnlyDictionary<string, Func<MaskContext, Tensor>> Criteria { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SparsityLevels> Distributions { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IMaskPattern> Patterns { get; }

    /// <summary>The update policies of the user's by name.</summary>
    public IReadOnlyDictionary<string, IMaskUpdate> Updates { get; }

    /// <summary>These methods and a criterion, which <see cref="MaskCriterion.Custom"/> names.</summary>
    /// <param name="name">The name.</param>
    /// <param name="score">One finite score for each weight, in their shape, of which the highest stay. It may remember tensors in <see cref="MaskContext.State"/>.</param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithCriterion(string name, Func<MaskContext, Tensor> score) =>
        new(With(Criteria, MaskCriterion.Custom(name).Name!, score), Distributions, Patterns, Updates);

    /// <summary>These methods and a distribution, which <see cref="SparsityDistribution.Custom"/> names.</summary>
    /// <param name="name">The name.</param>
    /// <param name="levels">The sparsity of each layer; a function of its arguments alone.</param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithDistribution(string name, SparsityLevels levels) =>
        new(Criteria, With(Distributions, SparsityDistribution.Custom(name).Name, levels), Patterns, Updates);

    /// <summary>These methods and a pattern, which <see cref="MaskPattern.Custom"/> names.</summary>
    /// <param name="name">The name.</param>
    /// <param name="pattern">The pattern.</param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithPattern(string name, IMaskPattern pattern) =>
        new(Criteria, Distributions, With(Patterns, MaskPattern.Custom(name).Name!, pattern), Updates);

    /// <summary>These methods and an update, which <see cref="MaskUpdate.Custom"/> names.</summary>
    /// <param name="name">The name.</param>
    /// <param name="update">The policy, e.g. one derived from <see cref="DropAndGrow"/>.</param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithUpdate(string name, IMaskUpdate update) =>
        new(Criteria, Distributions, Patterns, With(Updates, MaskUpdate.Custom(name, 1).Policy!, update));

    /// <summary>The score function of a criterion that has one.</summary>
    internal Func<MaskContext, Tensor> ScoreOf(MaskCriterion criterion) => criterion.Kind == CriterionKind.Custom ? Criteria[criterion.Name!] : WeightTimesGradient.Score;

    /// <summary>The policy of an update; null where the criterion chooses each time.</summary>
    internal IMaskUpdate? PolicyOf(MaskUpdate update) => update.Policy is null ? null : update.IsCustom ? Updates[update.Policy] : s_set;

    /// <summary>Whether masks of a rule are chosen by gradients, so that they must be kept; before the first update of a phase, and before the others.</summary>
    internal (bool AtFirst, bool Later) ReadsGradients(MaskRule rule)
    {
        var byScore = rule.Criterion.Name is not null;
        return (byScore, PolicyOf(rule.Update)?.ReadsGradients ?? byScore);
    }

    /// <summary>Whether some masks of a plan are chosen by gradients when a phase is entered.</summary>
    internal bool ReadsGradients(Plan plan) => plan.Phases.Any(p => !p.IsDense && ReadsGradients(p.Phase.Mask).AtFirst);

    /// <summary>Refuses a plan that names a criterion or an update that was not given.</summary>
    /// <exception cref="DsdException">It does.</exception>
    internal void Check(Plan plan)
    {
        foreach (var rule in plan.Phases.Where(p => !p.IsDense).Select(p => p.Phase.Mask))
        {
            if (rule.Criterion is { Kind: CriterionKind.Custom, Name: { } score } && !Criteria.ContainsKey(score))
            {
                throw new DsdException($"The schedule ranks weights by the score function '{score}', but {Given(Criteria.Keys)}. Pass it to the session under that name, with MaskMethods.WithCriterion.");
            }

            if (rule.Update is { IsCustom: true, Policy: { } policy } && !Updates.ContainsKey(policy))
            {
                throw new DsdException($"The schedule updates masks by the policy '{policy}', but {Given(Updates.Keys)}. Pass it to the session under that name, with MaskMethods.WithUpdate.");
            }
        }
    }

    private static string Given(IEnumerable<string> names) => names.Any() ? $"given are {string.Join(", ", names.Select(k => $"'{k}'"))}" : "none was given";

    private static Dictionary<string, T> With<T>(IReadOnlyDictionary<string, T> given, string name, T method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return given.ContainsKey(name)
            ? throw new ArgumentException($"There is a method '{name}' already; give this one another name.", nameof(name))
            : new(given) { [name] = method };
    }
}
