using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;
using SparsityLevels = System.Func<System.Collections.Generic.IReadOnlyList<Dsd.Plans.ParameterShape>, Dsd.Schedules.Sparsity, System.Collections.Generic.IReadOnlyList<double>>;

namespace Dsd.Masks;

/// <summary>Custom mask methods that schedules refer to by name: criteria, distributions, patterns, updates and given masks. Built-in methods need no entry.</summary>
/// <remarks>The same value serves plans, sessions, trainers and studies; each <c>With…</c> method returns a new one.</remarks>
/// <example><code>
/// var methods = MaskMethods.None.WithCriterion("smallest", layer => layer.Weight.abs().neg());
/// </code></example>
public sealed class MaskMethods : IPlanMethods
{
    private static readonly SparseEvolution s_set = new();
    private static readonly RiggedLottery s_rigl = new();

    private MaskMethods()
    {
    }

    /// <summary>The built-in methods only.</summary>
    public static MaskMethods None { get; } = new();

    /// <summary>The custom score functions by name.</summary>
    public IReadOnlyDictionary<string, Func<MaskContext, Tensor>> Criteria { get; private init; } = new Dictionary<string, Func<MaskContext, Tensor>>();

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SparsityLevels> Distributions { get; private init; } = new Dictionary<string, SparsityLevels>();

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IMaskPattern> Patterns { get; private init; } = new Dictionary<string, IMaskPattern>();

    /// <summary>The custom update policies by name.</summary>
    public IReadOnlyDictionary<string, IMaskUpdate> Updates { get; private init; } = new Dictionary<string, IMaskUpdate>();

    /// <summary>The given masks by their name, and of each the mask of a parameter by the parameter's name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, BitMask>> Masks { get; private init; } = new Dictionary<string, IReadOnlyDictionary<string, BitMask>>();

    IEnumerable<string> IPlanMethods.MaskNames => Masks.Keys;

    /// <summary>What custom criteria do at each step of a phase, by name.</summary>
    private IReadOnlyDictionary<string, Action<MaskContext>> EachStep { get; init; } = new Dictionary<string, Action<MaskContext>>();

    /// <summary>Adds a criterion, which <see cref="MaskCriterion.Custom"/> refers to by name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="score">One finite score for each weight, in their shape; the highest are kept. It may store tensors in <see cref="MaskContext.State"/>.</param>
    /// <param name="eachStep">
    /// Called at every step of a phase with this criterion, when gradients are computed and before weights change, to accumulate what <paramref name="score"/> reads in
    /// <see cref="MaskContext.State"/>. Default null: nothing.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithCriterion(string name, Func<MaskContext, Tensor> score, Action<MaskContext>? eachStep = null)
    {
        var criteria = With(Criteria, MaskCriterion.Custom(name).Name!, score);
        return Copy(criteria: criteria, eachStep: eachStep is null ? null : With(EachStep, name, eachStep));
    }

    /// <summary>Adds a distribution, which <see cref="SparsityDistribution.Custom"/> refers to by name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="levels">
    /// A pure function of the weights of the layers to prune, without those that have a level of their own, and of the fraction of all these weights to prune.
    /// It returns one level per layer, in order, each at least 0 and below 1, which together prune that fraction within one weight per layer.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithDistribution(string name, SparsityLevels levels) =>
        Copy(distributions: With(Distributions, SparsityDistribution.Custom(name).Name, levels));

    /// <summary>Adds a pattern, which <see cref="MaskPattern.Custom"/> refers to by name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="pattern">The pattern.</param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithPattern(string name, IMaskPattern pattern) =>
        Copy(patterns: With(Patterns, MaskPattern.Custom(name).Name!, pattern));

    /// <summary>Adds an update, which <see cref="MaskUpdate.Custom(string, long, double)"/> refers to by name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="update">The policy, e.g. one derived from <see cref="DropAndGrow"/>.</param>
    /// <exception cref="ArgumentException">The name is empty, built in or taken.</exception>
    public MaskMethods WithUpdate(string name, IMaskUpdate update) =>
        Copy(updates: With(Updates, MaskUpdate.Custom(name, 1).Policy!, update));

    /// <summary>Adds masks, which <see cref="GivenMasks.Named"/> refers to by name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="masks">The mask of each parameter by its full name, e.g. <c>WeightFile.Masks("run/dsd/1-sparse.safetensors")</c>.</param>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public MaskMethods WithMasks(string name, IReadOnlyDictionary<string, BitMask> masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return Copy(masks: With(Masks, GivenMasks.Named(name).Name!, (IReadOnlyDictionary<string, BitMask>)new Dictionary<string, BitMask>(masks)));
    }

    (long Weights, long Kept)? IPlanMethods.CountsOf(GivenMasks masks, string parameter) =>
        MaskOf(masks, parameter, null) is { } mask ? (mask.Count, mask.Kept) : null;

    /// <summary>Returns the mask of a parameter among given ones; null if they have none for it, or of different sizes.</summary>
    /// <param name="masks">The masks.</param>
    /// <param name="parameter">The parameter's full name.</param>
    /// <param name="previous">Its mask in the sparse phase before; null if it is not known.</param>
    internal BitMask? MaskOf(GivenMasks masks, string parameter, BitMask? previous)
    {
        if (masks.Combination is not { } combination)
        {
            return masks.Name is { } name ? Masks.GetValueOrDefault(name)?.GetValueOrDefault(parameter) : previous;
        }

        return (MaskOf(masks.Left!, parameter, previous), MaskOf(masks.Right!, parameter, previous)) is ({ } left, { } right) && left.Count == right.Count
            ? combination == "and" ? left.And(right) : left.Or(right)
            : null;
    }

    /// <summary>Returns the score function of a criterion that has one.</summary>
    internal Func<MaskContext, Tensor> ScoreOf(MaskCriterion criterion) => criterion.Kind switch
    {
        CriterionKind.Custom => Criteria[criterion.Name!],
        CriterionKind.Movement => Movement.Score,
        CriterionKind.Gradient => GradientMagnitude.Score,
        _ => WeightTimesGradient.Score,
    };

    /// <summary>Returns what a criterion does at each step; null for nothing.</summary>
    internal Action<MaskContext>? EachStepOf(MaskCriterion criterion) =>
        criterion.Kind == CriterionKind.Movement ? Movement.Accumulate : criterion.Kind == CriterionKind.Custom ? EachStep.GetValueOrDefault(criterion.Name!) : null;

    /// <summary>Returns the policy of an update; null if the criterion chooses each time.</summary>
    internal IMaskUpdate? PolicyOf(MaskUpdate update) =>
        update.Policy is null ? null : update.IsCustom ? Updates[update.Policy] : update.Policy == MaskUpdate.RiglPolicy ? s_rigl : s_set;

    /// <summary>Returns whether a rule's masks are chosen by gradients, which must then be kept: at the first update of a phase, and at later ones.</summary>
    internal (bool AtFirst, bool Later) ReadsGradients(MaskRule rule)
    {
        var byScore = rule.Criterion.ReadsGradients;
        return (byScore, PolicyOf(rule.Update)?.ReadsGradients ?? byScore);
    }

    /// <summary>Returns true if some masks of a plan are chosen by gradients when a phase is entered.</summary>
    internal bool ReadsGradients(Plan plan) => plan.Phases.Any(p => !p.IsDense && ReadsGradients(p.Phase.Mask).AtFirst);

    /// <summary>Rejects a plan that names a criterion or an update that was not provided.</summary>
    /// <exception cref="DsdException">It does.</exception>
    internal void Check(Plan plan)
    {
        foreach (var name in plan.Phases.Where(p => !p.IsDense).SelectMany(p => p.Phase.Mask.GivenMasks).SelectMany(m => m.Names).Distinct())
        {
            if (!Masks.ContainsKey(name))
            {
                throw new DsdException($"The schedule has the masks '{name}', but {Given(Masks.Keys)}. Pass them under that name, with MaskMethods.WithMasks, in the MaskMethods of the session, or of TrainerSettings(methods: …).");
            }
        }

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

    private MaskMethods Copy(
        IReadOnlyDictionary<string, Func<MaskContext, Tensor>>? criteria = null,
        IReadOnlyDictionary<string, Action<MaskContext>>? eachStep = null,
        IReadOnlyDictionary<string, SparsityLevels>? distributions = null,
        IReadOnlyDictionary<string, IMaskPattern>? patterns = null,
        IReadOnlyDictionary<string, IMaskUpdate>? updates = null,
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, BitMask>>? masks = null) => new()
        {
            Criteria = criteria ?? Criteria,
            EachStep = eachStep ?? EachStep,
            Distributions = distributions ?? Distributions,
            Patterns = patterns ?? Patterns,
            Updates = updates ?? Updates,
            Masks = masks ?? Masks,
        };

    private static string Given(IEnumerable<string> names) => names.Any() ? $"given are {string.Join(", ", names.Select(k => $"'{k}'"))}" : "none was given";

    private static Dictionary<string, T> With<T>(IReadOnlyDictionary<string, T> given, string name, T method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return given.ContainsKey(name)
            ? throw new ArgumentException($"There is a method '{name}' already; give this one another name.", nameof(name))
            : new(given) { [name] = method };
    }
}
