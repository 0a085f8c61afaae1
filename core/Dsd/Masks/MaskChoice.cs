using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Turns a plan's counts and the live weights into masks. Reads weights, never changes them.</summary>
/// <param name="methods">The custom criteria and updates by the names that schedules use.</param>
internal sealed class MaskChoice(MaskMethods methods)
{
    /// <summary>Chooses the masks of a phase's pruned layers at one update.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="update">The index of the update within the phase, from 0.</param>
    /// <param name="live">The live weights and the current mask of each pruned layer.</param>
    /// <returns>One mask for each pruned layer, in the plan's order.</returns>
    /// <exception cref="DsdException">A weight or score is NaN or infinite, a score has another shape than its weight, or an update breaks the plan.</exception>
    public List<(PlannedLayer Layer, BitMask Mask)> Choose(PlannedPhase phase, long update, Func<PlannedLayer, LiveLayer> live)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var rule = phase.Phase.Mask;
        var pruned = phase.Layers.Where(l => l.IsPruned).ToList();
        var layers = pruned.ToDictionary(l => l, live);
        if (methods.PolicyOf(rule.Update) is { } policy && layers.Values.All(l => l.Mask is not null))
        {
            return [.. pruned.Zip(Updated(phase, update, policy, [.. pruned.Select(l => (l, layers[l].ForUpdate!))]))];
        }

        if (rule.Criterion.Masks is { } given)
        {
            return [.. pruned.Select(l => (l, Given(phase, update, given, l, layers[l])))];
        }

        var scores = pruned.ToDictionary(l => l, l => Scores(rule, layers[l]));
        var pooled = pruned.Where(l => l.IsGlobal).ToArray();
        var groups = pruned.Where(l => !l.IsGlobal).Select(l => (Layers: new[] { l }, Keep: phase.KeptAt(l, update) ?? Decided(rule, phase.LeastKeptAt(l, update), scores[l], layers[l]))).ToList();
        groups.AddRange(pooled.Length == 0 ? [] : [(pooled, phase.GlobalKeptAt(update))]);

        // A random order is the same each time, so its masks are nested by construction.
        var isNested = !rule.Update.MayRegrow && rule.Criterion.Kind is not (CriterionKind.Random or CriterionKind.RandomOfEqualNorm) && layers.Values.All(l => l.Mask is not null);
        if (rule.Within is { } within && !isNested)
        {
            return [.. groups.SelectMany(g => Within(within, g.Layers, g.Keep, layers, scores))];
        }

        var masks = ScoreGroup.Rank([.. groups.Select(g => new ScoreGroup([.. g.Layers.Select(l => scores[l])], g.Keep, g.Layers.Length > 1, Pattern(phase, update, g.Layers[0]), g.Layers[0].Pattern?.Rule))]);
        if (isNested)
        {
            var nested = new NestedChoice(layers, scores);
            groups.ForEach(g => nested.Apply(g.Layers, g.Keep, masks));
        }

        return [.. pruned.Select(l => (l, masks[scores[l]]))];
    }

    /// <summary>Returns the number of weights that a layer keeps by its criterion, where that decides.</summary>
    private static long Decided(MaskRule rule, long least, WeightScores scores, LiveLayer layer) => rule.Criterion.Kind == CriterionKind.Threshold
        ? Threshold.Keep(least, rule.Update, scores, layer)
        : EqualNorm.Keep(least, rule.Update, scores, layer);

    /// <summary>Chooses the mask of one tensor.</summary>
    /// <param name="context">The tensor.</param>
    /// <param name="score">The scores that rank the weights; null for their magnitude.</param>
    /// <param name="sparsity">The fraction to prune.</param>
    public static BitMask Choose(MaskContext context, Func<MaskContext, Tensor>? score, Sparsity sparsity)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var scores = score is null ? Magnitude(context, context.Weight) : Scored(context, score, "score function 'score'", isCustom: true);
        return ScoreGroup.Rank([new([scores], sparsity.Kept(scores.Count), false)])[scores];
    }

    private static BitMask Given(PlannedPhase phase, long update, GivenMasks masks, PlannedLayer layer, LiveLayer live)
    {
        var mask = live.Given ?? throw new DsdException($"{layer.Parameter} is pruned in phase {phase.Phase.Name} by {masks}, which have none for it. Keep it dense, or give a mask for it.");
        var least = phase.LeastKeptAt(layer, update);
        return mask.Count != layer.Weights ? throw new DsdException(FormattableString.Invariant($"{masks} have one for {mask.Count} weights of {layer.Parameter}, which has {layer.Weights}. Give masks of this network."))
            : mask.Kept < least ? throw new DsdException(FormattableString.Invariant($"{masks} keep {mask.Kept} of {layer.Weights} weights of {layer.Parameter}; by its sparsity phase {phase.Phase.Name} keeps {least} or more. Raise the sparsity, which is the most that may be pruned."))
            : mask;
    }

    /// <summary>Chooses the masks of one ranking among the weights that given masks keep.</summary>
    private static IEnumerable<(PlannedLayer Layer, BitMask Mask)> Within(GivenMasks masks, PlannedLayer[] group, long keep, Dictionary<PlannedLayer, LiveLayer> layers, Dictionary<PlannedLayer, WeightScores> scores)
    {
        foreach (var layer in group)
        {
            var mask = layers[layer].Allowed ?? throw new DsdException($"{layer.Parameter} is to be chosen within {masks}, of which one has no mask for it, or one of another size. Keep it dense, or give masks of this network.");
            if (mask.Count != layer.Weights)
            {
                throw new DsdException(FormattableString.Invariant($"{masks} have one for {mask.Count} weights of {layer.Parameter}, which has {layer.Weights}. Give masks of this network."));
            }
        }

        var allowed = group.Sum(l => layers[l].Allowed!.Kept);
        if (allowed < keep)
        {
            throw new DsdException(FormattableString.Invariant($"{string.Join(", ", group.Select(l => l.Parameter))} {(group.Length == 1 ? "is" : "are")} to keep {keep} weights within {masks}, which keep {allowed}. Raise the sparsity."));
        }

        var chosen = NestedChoice.Among(group, l => layers[l].Allowed!, l => scores[l], keep, atLeastOneEach: group.Length > 1);
        return group.Select(l => (l, chosen[l]));
    }

    private static PatternGroups? Pattern(PlannedPhase phase, long update, PlannedLayer layer)
    {
        if (layer.Pattern is not { } pattern)
        {
            return null;
        }

        // The plan checks the ends of a ramp; between them a custom pattern may still divide in another way.
        var sparsity = layer.Sparsity!.At(update, phase.Updates);
        return PatternCoverage.Problem(pattern, sparsity) is { } problem ? throw new DsdException($"At a sparsity of {sparsity.ToShortString()}, {layer.Parameter} {problem}") : pattern.Groups(sparsity);
    }

    /// <summary>Returns the masks of an update's policy.</summary>
    private static IEnumerable<BitMask> Updated(PlannedPhase phase, long update, IMaskUpdate policy, (PlannedLayer Layer, MaskContext Context)[] layers)
    {
        // Of a global ranking the plan knows only the sum, and each layer keeps the count of the first choice; so does one whose count the criterion decided, unless the plan keeps more by now.
        var keep = Array.ConvertAll(layers, l => phase.KeptAt(l.Layer, update) ?? (l.Layer.IsOpen ? Math.Max(phase.LeastKeptAt(l.Layer, update), l.Context.Mask!.Kept) : l.Context.Mask!.Kept));
        if (policy is DropAndGrow dropAndGrow && !phase.Phase.Mask.Update.IsCustom)
        {
            var masks = dropAndGrow.Choose([.. layers.Zip(keep, (l, k) => (l.Context, k))], phase.Update);
            return layers.Select((l, i) => Checked(phase, update, l.Layer, l.Context, keep[i], masks[i]));
        }

        return layers.Select((l, i) => Checked(phase, update, l.Layer, l.Context, keep[i], Tried(
            l.Context, $"update {phase.Phase.Mask.Update}", isCustom: true, () => policy.Choose(l.Context, phase.Update, keep[i]))));
    }

    /// <summary>Returns the mask of an update's policy, which must match the plan in count and pattern.</summary>
    private static BitMask Checked(PlannedPhase phase, long update, PlannedLayer layer, MaskContext context, long keep, BitMask? mask)
    {
        var wrong = mask is null ? "returned null"
            : mask.Count != layer.Weights ? FormattableString.Invariant($"returned a mask for {mask.Count} weights")
            : mask.Kept != keep ? FormattableString.Invariant($"returned a mask that keeps {mask.Kept} weights")
            : Pattern(phase, update, layer) is { } groups && !mask.Obeys(groups) ? $"returned a mask that breaks the pattern {layer.Pattern!.Rule}"
            : null;
        return wrong is null
            ? mask!
            : throw new DsdException(FormattableString.Invariant(
                $"The update {phase.Phase.Mask.Update} {wrong} for {layer.Parameter} at step {context.Step}; by the plan it must keep {keep} of {layer.Weights} weights{(layer.Pattern is null ? "" : $", {layer.Pattern.Rule}")}."));
    }

    private static WeightScores Magnitude(MaskContext context, Tensor values) => new(context.Name, "holds", values, null, true, values.numel());

    private static WeightScores Scored(MaskContext context, Func<MaskContext, Tensor> score, string by, bool isCustom) =>
        WeightScores.Of(context.Name, context.Weight, Tried(context, by, isCustom, () => score(context)), by);

    /// <summary>Calls a function, which may meet the null of a gradient that is not there and, if it is the user's, may not change the layer.</summary>
    private static T Tried<T>(MaskContext context, string by, bool isCustom, Func<T> call)
    {
        try
        {
            return isCustom
                ? CustomCode.Run($"the {by}", FormattableString.Invariant($"for {context.Name} at step {context.Step}"), () => UnchangedLayer.Call(context, by, call), except: e => e is NullReferenceException && context.Gradient is null)
                : call();
        }
        catch (NullReferenceException e) when (context.Gradient is null)
        {
            // A plan cannot know what a custom function reads, and it may be another null that it met.
            throw new DsdException($"The {by} failed for {context.Name}: {e.Message.TrimEnd('.')}. If it reads Gradient, {context.WithoutGradient}, or let the function accept null.", e);
        }
    }

    private WeightScores Scores(MaskRule rule, LiveLayer layer)
    {
        var (criterion, context) = (rule.Criterion, layer.Context);
        return criterion.Kind switch
        {
            // Among some weights an order is chosen by values; alone, without making them.
            CriterionKind.Random or CriterionKind.RandomOfEqualNorm => CounterRandom.For(criterion.Seed ?? context.Seed, context.Name) is var random && rule.Within is null
                ? new(context.Name, "has", null, random, false, context.Weight.numel())
                : new(context.Name, "has", tensor([.. Enumerable.Range(0, (int)context.Weight.numel()).Select(i => random.Uniform(i))], context.Weight.shape), null, false, context.Weight.numel()),

            // Where pruned weights may be regrown, they rank as they did when they were pruned.
            CriterionKind.Magnitude => Magnitude(context, layer.Values),
            CriterionKind.Threshold => Magnitude(context, Threshold.Scores(criterion, layer)),
            CriterionKind.WeightTimesGradient or CriterionKind.Gradient => Scored(context, methods.ScoreOf(criterion), $"score function '{criterion.Name}'", isCustom: false) with { IsMagnitude = true },
            _ => Scored(context, methods.ScoreOf(criterion), $"score function '{criterion.Name}'", criterion.Kind == CriterionKind.Custom),
        };
    }
}
