using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;
using SparsityLevels = System.Func<System.Collections.Generic.IReadOnlyList<Dsd.Plans.ParameterShape>, Dsd.Schedules.Sparsity, System.Collections.Generic.IReadOnlyList<double>>;

namespace Dsd.Masks;

/// <summary>Custom mask methods that schedules refer to by name: criteria, distributions, patterns and updates. Built-in methods need no entry.</summary>
/// <remarks>The same value serves plans, sessions, trainers and studies; each <c>With…</c> method returns a new one.</remarks>
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

    /// <summary>The built-in methods only.</summary>
    public static MaskMethods None { get; } = new(
        new Dictionary<string, Func<MaskContext, Tensor>>(), new Dictionary<string, SparsityLevels>(), new Dictionary<string, IMaskPattern>(), new Dictionary<string, IMaskUpdate>());

    /// <summary>The custom score functions by name.</summary>
    public IReadOnlyDictionary<string, Func<MaskContext, Tensor>> Criteria { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SparsityLevels> Distributions { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IMaskPattern> Patterns { get; }

    /// <summary>The custom update policies by name.</summary>
    public IReadOnlyDictionary<string, IMaskUpdate> Updates { get; }

    /// <summary>Adds a criterion, which <see cref="MaskCriterion.Custom"/> refers to by name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="score">One finite score for each weight, in their shape; the highest are kept. It may store tensors in <see cref="MaskContext.State"/>.</param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithCriterion(string name, Func<MaskContext, Tensor> score) =>
        new(With(Criteria, MaskCriterion.Custom(name).Name!, score), Distributions, Patterns, Updates);

    /// <summary>Adds a distribution, which <see cref="SparsityDistribution.Custom"/> refers to by name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="levels">
    /// A pure function of the weights of the layers to prune, without those that have a level of their own, and of the fraction of all these weights to prune.
    /// It returns one level per layer, in order, each at least 0 and below 1, which together prune that fraction within one weight per layer.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithDistribution(string name, SparsityLevels levels) =>
        new(Criteria, With(Distributions, SparsityDistribution.Custom(name).Name, levels), Patterns, Updates);

    /// <summary>Adds a pattern, which <see cref="MaskPattern.Custom"/> refers to by name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="pattern">The pattern.</param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithPattern(string name, IMaskPattern pattern) =>
        new(Criteria, Distributions, With(Patterns, MaskPattern.Custom(name).Name!, pattern), Updates);

    /// <summary>Adds an update, which <see cref="MaskUpdate.Custom"/> refers to by name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="update">The policy, e.g. one derived from <see cref="DropAndGrow"/>.</param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithUpdate(string name, IMaskUpdate update) =>
        new(Criteria, Distributions, Patterns, With(Updates, MaskUpdate.Custom(name, 1).Policy!, update));

    /// <summary>Returns the score function of a criterion that has one.</summary>
    internal Func<MaskContext, Tensor> ScoreOf(MaskCriterion criterion) => criterion.Kind == CriterionKind.Custom ? Criteria[criterion.Name!] : WeightTimesGradient.Score;

    /// <summary>Returns the policy of an update; null if the criterion chooses each time.</summary>
    internal IMaskUpdate? PolicyOf(MaskUpdate update) => update.Policy is null ? null : update.IsCustom ? Updates[update.Policy] : s_set;

    /// <summary>Returns whether a rule's masks are chosen by gradients, which must then be kept: at the first update of a phase, and at later ones.</summary>
    internal (bool AtFirst, bool Later) ReadsGradients(MaskRule rule)
    {
        var byScore = rule.Criterion.Name is not null;
        return (byScore, PolicyOf(rule.Update)?.ReadsGradients ?? byScore);
    }

    /// <summary>Returns true if some masks of a plan are chosen by gradients when a phase is entered.</summary>
    internal bool ReadsGradients(Plan plan) => plan.Phases.Any(p => !p.IsDense && ReadsGradients(p.Phase.Mask).AtFirst);

    /// <summary>Rejects a plan that names a criterion or an update that was not provided.</summary>
    /// <exception cref="DsdException">It does.</exception>
    internal void Check(Plan plan)
    {
        foreach (var rule in plan.Phases.Where(p => !p.IsDense).Select(p => p.Phase.Mask))
        {
            if (rule.Criterion is { Kind: CriterionKind.Custom, Name: { } score } && !Criteria.ContainsKey(score))
            {
                throw new DsdException($"The schedule ranks weights by the score function '{score}', but {Given(Criteria.Keys)}. Pass it under that name, with MaskMethods.WithCriterion, in the MaskMethods of the session, or of TrainerSettings(methods: …).");
            }

            if (rule.Update is { IsCustom: true, Policy: { } policy } && !Updates.ContainsKey(policy))
            {
                throw new DsdException($"The schedule updates masks by the policy '{policy}', but {Given(Updates.Keys)}. Pass it under that name, with MaskMethods.WithUpdate, in the MaskMethods of the session, or of TrainerSettings(methods: …).");
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
