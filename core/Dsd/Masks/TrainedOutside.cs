using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>The pruned weights of a straight-through phase: trained by the gradients at their places, and kept outside of the network between steps.</summary>
/// <param name="rule">The rule of the phase.</param>
/// <param name="parameters">The model's parameters by name.</param>
/// <param name="state">The masks and the values of pruned weights.</param>
internal sealed class TrainedOutside(StraightThrough rule, IReadOnlyDictionary<string, Parameter> parameters, MaskSetState state)
{
    /// <summary>The name of the mask of trained weights in the state.</summary>
    public const string Trained = "trained";

    /// <summary>Chooses the weights of a layer that are trained, if not all are: the kept, and of the pruned those with the largest magnitude.</summary>
    public void ChooseTrained(string name, BitMask mask)
    {
        if (rule.Trained == 1)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (values, pruned) = (state.PrunedValues[name], BitMask.All(mask.Count).Except(mask));
        var count = Math.Clamp((long)Math.Round((decimal)rule.Trained * mask.Count) - mask.Kept, 0, pruned.Kept);
        var layer = new MaskContext(name, values, new MaskMoment(0, 0, 1, 0, 0));
        state.Of(Key(name))[Trained] = mask.Or(layer.Top(values.abs(), count, pruned)).ToTensor(values.shape).to(values.device);
    }

    /// <summary>Puts the values into the network for the optimiser's step, adds their decay to the gradients, and masks those of weights that are not trained.</summary>
    public void BeforeUpdate()
    {
        using var guard = no_grad();
        foreach (var (name, mask) in state.Masks)
        {
            using var scope = NewDisposeScope();
            var (parameter, values) = (parameters[name], state.PrunedValues[name]);
            var pruned = MaskedMemory.Pruned(mask, parameter.shape, parameter.device);
            parameter.copy_(where(pruned, values, parameter));
            if (parameter.grad is not { } gradient)
            {
                continue;
            }

            var slope = rule.Decay == 0 ? gradient : where(pruned, gradient.add(values.mul(rule.Decay)), gradient);
            gradient.copy_(TrainedOf(name) is { } trained ? where(trained, slope, zeros_like(slope)) : slope);
        }
    }

    /// <summary>Takes the new values of pruned weights; those of weights that are not trained stay as they were. The network still holds them.</summary>
    public void AfterUpdate()
    {
        using var guard = no_grad();
        foreach (var (name, mask) in state.Masks)
        {
            using var scope = NewDisposeScope();
            var (parameter, values) = (parameters[name], state.PrunedValues[name]);
            var moved = MaskedMemory.Pruned(mask, parameter.shape, parameter.device);
            values.copy_(where(TrainedOf(name) is { } trained ? moved.logical_and(trained) : moved, parameter, values));
        }
    }

    private static string Key(string name) => MaskSetState.StraightThrough + name;

    private Tensor? TrainedOf(string name) => state.Remembered.GetValueOrDefault(Key(name))?[Trained];
}
