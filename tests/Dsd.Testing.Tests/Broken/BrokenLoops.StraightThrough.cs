using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

// Loops that train pruned weights in the wrong way.
internal static partial class BrokenLoops
{
    private static IEnumerable<BrokenRule> StraightThrough() =>
    [
        Loop("the layers compute with the values behind the mask", TrainingLaws.Zero, x => Straight(x, beforeEnd: b => b.Keep(BrokenLoop.Weights), afterBegin: b => b.PutBackPruned())),
        Loop("the gradients of pruned weights are masked straight-through too", TrainingLaws.StraightGradients, x => Straight(x, afterMasking: b => ZeroGradients(b, b.Real))),
        Loop("the decay of pruned weights acts on kept ones", TrainingLaws.StraightGradients, x => Straight(x, afterMasking: b => Decay(b, isKept: true, b.Phase.Phase.StraightThrough!.Decay))),
        Loop("pruned weights decay twice", TrainingLaws.StraightGradients, x => Straight(x, afterMasking: b => Decay(b, isKept: false, b.Phase.Phase.StraightThrough!.Decay))),
        Loop("the values behind the mask do not move", TrainingLaws.Behind, x => Straight(x, afterMasking: b => b.Keep(BrokenLoop.Weights), beforeEnd: b => b.PutBackPruned())),
        Loop("the values behind the mask are reset at each update", TrainingLaws.Behind, x => Straight(x, afterMasking: b => b.Change((name, i, v) => b.IsUpdate && b.Real.GetValueOrDefault(name)?[i] == false ? 0 : v))),
        Loop("the optimiser skips the steps of pruned weights", TrainingLaws.BehindTrained, x => Straight(x, afterMasking: b => b.Optimizer.ParamGroups.ToList().ForEach(g => g.LearningRate = 0))),
    ];

    /// <summary>A loop that does something besides in the phases whose pruned weights are trained.</summary>
    private static BrokenLoop Straight(Ingredients x, Action<BrokenLoop>? afterBegin = null, Action<BrokenLoop>? afterMasking = null, Action<BrokenLoop>? beforeEnd = null)
    {
        return new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterBegin = Only(afterBegin), AfterMasking = Only(afterMasking), BeforeEnd = Only(beforeEnd) };

        static Action<BrokenLoop> Only(Action<BrokenLoop>? what) => b =>
        {
            if (b.Phase.Phase.StraightThrough is not null && b.Real.Count > 0)
            {
                what?.Invoke(b);
            }
        };
    }

    /// <summary>Adds a part of weights to their gradients.</summary>
    private static void Decay(BrokenLoop loop, bool isKept, double decay)
    {
        using var guard = no_grad();
        var weights = BrokenLoop.Weights(loop).ToDictionary(w => w.Name, w => w.Tensor);
        foreach (var (name, gradient) in BrokenLoop.Gradients(loop).Where(g => loop.Real.ContainsKey(g.Name)))
        {
            using var which = tensor([.. Enumerable.Range(0, (int)gradient.numel()).Select(i => loop.Real[name][i] == isKept ? (float)decay : 0)], gradient.shape);
            gradient.add_(weights[name].mul(which));
        }
    }
}
