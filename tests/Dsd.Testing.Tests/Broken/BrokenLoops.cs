using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

/// <summary>Training loops that are broken on purpose.</summary>
internal static partial class BrokenLoops
{
    private static readonly LawOptions s_many = new(cases: 400);

    public static IEnumerable<BrokenRule> All()
    {
        var seeds = 0L;
        return
        [
            Loop("mask not applied again after the optimiser's step", TrainingLaws.Zero, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { BeforeEnd = b => b.Keep(BrokenLoop.Weights), AfterEnd = b => b.PutBack(BrokenLoop.Weights) }),
            Loop("masked weights are −0", TrainingLaws.Zero, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterEnd = b => b.Change((name, i, v) => b.Real.GetValueOrDefault(name)?[i] == false ? -0f : v) }),
            Loop("biases masked", TrainingLaws.OthersUntouched, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterEnd = b => b.Change((name, i, v) => b.Real.Count > 0 && name.EndsWith(".bias", StringComparison.Ordinal) && i == 0 ? 0 : v) }),
            Loop("norms masked", TrainingLaws.OthersUntouched, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterBegin = b => b.Change((name, i, v) => b.Real.Count > 0 && name.Contains("norm", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal) && i == 0 ? 0 : v) }),
            Loop("a mask for a layer that the scope excludes", TrainingLaws.OnlyPruned, x => On(x, p => p.Layers == LayerScope.Default.Keep("out") ? p.WithLayers(LayerScope.Default) : p)),
            Loop("tied weights masked twice", TrainingLaws.OnlyPruned, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { Shown = b => b.Plan.Shape.Parameters.FirstOrDefault(p => p.SharedWith is not null && b.Real.ContainsKey(p.SharedWith)) is { } tied ? new Dictionary<string, BitMask>(b.Real) { [tied.Name] = b.Real[tied.SharedWith!] } : b.Real }),
            Loop("of a recurrent layer only the first is masked", TrainingLaws.OnlyPruned, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { Shown = b => b.Real.Where(m => !m.Key.EndsWith("_l1", StringComparison.Ordinal)).ToDictionary(m => m.Key, m => m.Value) }),
            Loop("masks chosen after the first step instead of before", TrainingLaws.OnlyPruned, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { Shown = b => b.IsEntry ? b.MasksBefore : b.Real }),
            Loop("masks lifted one step late", TrainingLaws.DenseHasNone, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { Shown = b => b.IsEntry && b.Phase.IsDense ? b.MasksBefore : b.Real }),
            Loop("regrown weights held for one more step", TrainingLaws.OtherGradients, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterMasking = b => ZeroGradients(b, b.IsEntry && b.Phase.IsDense ? b.MasksBefore : []) }),
            Loop("masks chosen anew at every step", TrainingLaws.Due, x => On(x, p => p.WithMask(p.Mask.WithUpdate(MaskUpdate.Every(1, mayRegrow: true)))), new MaskRule()),
            Loop("masks accumulate from phase to phase", TrainingLaws.Counts, Accumulating, new MaskRule()),
            Loop("one ranking over all layers instead of one each", TrainingLaws.Counts, x => On(x, p => p.WithMask(p.Mask.WithDistribution(SparsityDistribution.Global))), new MaskRule()),
            Loop("the sparsity of the ramp's start", TrainingLaws.Counts, x => On(x, p => p.IsDense ? p : p.WithSparsity(SparsityCurve.Constant(p.Sparsity.From.Value == 0 ? 0.05 : p.Sparsity.From.Value))), new MaskRule(update: MaskUpdate.Every(2))),
            Loop("keeps the smallest weights", TrainingLaws.Ranks, x => On(x, p => p.WithMask(p.Mask.WithCriterion(MaskCriterion.Custom("smallest")))), new MaskRule()),
            Loop("nested masks that regrow", TrainingLaws.Nested, x => On(x, p => p.IsDense ? p : p.WithMask(p.Mask.WithUpdate(MaskUpdate.Every(2, mayRegrow: true)))), new MaskRule(update: MaskUpdate.Every(2))),
            Loop("RigL sees gradients that are masked already", TrainingLaws.Grows, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { BeforeMasking = b => ZeroGradients(b, b.Real) }, new MaskRule(update: MaskUpdate.Rigl(1, 0.4, 1))),
            Loop("a loop's N:M along the outputs instead of the inputs", TrainingLaws.PatternOf, x => On(x, p => p.IsDense ? p : p.WithMask(p.Mask.WithPattern(MaskPattern.NOfM(1, 2, 0)))), new MaskRule(pattern: MaskPattern.NOfM(1, 2))),
            Loop("kept weights scaled up for the pruned ones", TrainingLaws.KeptUntouched, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterBegin = b => b.Change((name, i, v) => b.IsEntry && b.Real.ContainsKey(name) ? v * 2 : v) }),
            Loop("restored to stale values", TrainingLaws.Regrown, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterBegin = b => b.Change((name, i, v) => b.IsEntry && b.Phase.IsDense && b.MasksBefore.GetValueOrDefault(name)?[i] == false ? v + 0.5f : v) }, new MaskRule()),
            Loop("momentum of regrown weights not cleared", TrainingLaws.RegrownState, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { BeforeBegin = b => b.Keep(BrokenLoop.States), AfterBegin = b => b.PutBack(BrokenLoop.States) }),
            Loop("state of kept weights reset with that of regrown ones", TrainingLaws.KeptState, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterBegin = ResetStates }),
            Loop("gradients not masked", TrainingLaws.Gradients, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { BeforeMasking = b => b.Keep(BrokenLoop.Gradients), AfterMasking = b => b.PutBack(BrokenLoop.Gradients) }),
            Loop("gradients masked after they were clipped", TrainingLaws.Gradients, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { BeforeMasking = b => b.Keep(BrokenLoop.Gradients), AfterMasking = b => b.PutBack(BrokenLoop.Gradients), BeforeEnd = b => ZeroGradients(b, b.Real) }),
            Loop("gradients scaled up for the masked ones", TrainingLaws.OtherGradients, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterMasking = b => ScaleGradients(b, b.Real.Count > 0 ? 2 : 1) }),
            Loop("parameter replaced by a new object", TrainingLaws.SameObjects, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterEnd = Replace }),
            Loop("rate of the step before", TrainingLaws.Rate, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterBegin = b => b.Optimizer.ParamGroups.ToList().ForEach(g => g.LearningRate = b.Plan.RateAt(Math.Max(0, b.Step - 1))) }),
            Loop("the last step is not done", TrainingLaws.Steps, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { StopsEarly = true }),
            Loop("a seed of its own for each run", TrainingLaws.Deterministic, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, seeds++), new MaskRule(MaskCriterion.Random())),
            Loop("random numbers drawn beside the network's", TrainingLaws.Plain, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterBegin = _ => rand(1).Dispose() }),
            Loop("the pruned weights return to the start too", TrainingLaws.Rewound, x => new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed) { AfterBegin = b => b.Change((name, i, v) => b.IsEntry && b.Phase is { Phase.Rewind: not null, RewoundLayers: null } && b.Real.GetValueOrDefault(name)?[i] == false ? 0.25f : v) }),
            Loop("weights go on instead of returning to the start", TrainingLaws.Rewound, x => On(x, p => p.WithRewind(null))),
            Loop("all layers return where a few are to", TrainingLaws.Rewound, x => On(x, p => p.Rewind is { Layers.Count: > 0 } ? p.WithRewind(Rewind.ToStart) : p)),
            Loop("momentum missing after continuing", TrainingLaws.Continues, x => new Forgetful(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed)),
            .. StraightThrough(),
            .. Counting(),
        ];
    }

    private static BrokenRule Loop(string fault, string law, Func<Ingredients, BrokenLoop> make, MaskRule? rule = null) => new(
        fault,
        law,
        () => TrainingLaws.Check((plan, model, optimizer, methods, seed) => make(new(plan, model, optimizer, methods, seed)), rule, rule is null ? null : MaskMethods.None, s_many));

    /// <summary>A loop that carries out another schedule than the one it is given.</summary>
    private static BrokenLoop On(Ingredients x, Func<Phase, Phase> change)
    {
        var methods = x.Methods.WithCriterion("smallest", layer => layer.Weight.abs().neg());
        var schedule = new Schedule(x.Plan.Schedule.Phases.Select(change).ToValueList());
        var shape = ModelInspection.ShapeOf(x.Model);
        var plan = Plan.Check(schedule, shape, TrainingCase.StepsPerEpoch, methods).Count == 0 ? Plan.Resolve(schedule, shape, TrainingCase.StepsPerEpoch, methods) : x.Plan;
        return new(plan, x.Model, x.Optimizer, methods, x.Seed);
    }

    private static BrokenLoop Accumulating(Ingredients x)
    {
        var all = new Dictionary<string, BitMask>();
        return new(x.Plan, x.Model, x.Optimizer, x.Methods, x.Seed)
        {
            AfterBegin = b =>
            {
                foreach (var (name, mask) in b.Real)
                {
                    var context = new MaskContext(name, b.Model.get_parameter(name)!.detach());
                    using var both = tensor([.. Enumerable.Range(0, (int)mask.Count).Select(i => mask[i] && all.GetValueOrDefault(name)?[i] != false)], context.Weight.shape);
                    all[name] = context.MaskOf(both);
                }

                b.Change((name, i, v) => b.Real.ContainsKey(name) && !all[name][i] ? 0 : v);
            },
            Shown = b => b.Real.ToDictionary(m => m.Key, m => all.GetValueOrDefault(m.Key) ?? m.Value),
        };
    }

    private static void ZeroGradients(BrokenLoop loop, IReadOnlyDictionary<string, BitMask> masks)
    {
        using var guard = no_grad();
        foreach (var (name, gradient) in BrokenLoop.Gradients(loop).Where(g => masks.ContainsKey(g.Name)))
        {
            gradient.mul_(tensor([.. Enumerable.Range(0, (int)gradient.numel()).Select(i => masks[name][i] ? 1f : 0f)], gradient.shape));
        }
    }

    private static void ScaleGradients(BrokenLoop loop, float factor)
    {
        using var guard = no_grad();
        BrokenLoop.Gradients(loop).ToList().ForEach(g => g.Tensor.mul_(factor));
    }

    private static void ResetStates(BrokenLoop loop)
    {
        if (loop.IsEntry && loop.MasksBefore.Count > 0 && loop.Plan.Phases[loop.Phase.Index - 1].Phase.RegrownState == RegrownState.Zero)
        {
            ResetAll(loop);
        }
    }

    private static void ResetAll(BrokenLoop loop)
    {
        using var guard = no_grad();
        BrokenLoop.States(loop).ToList().ForEach(s => s.Tensor.zero_());
    }

    private static void Replace(BrokenLoop loop)
    {
        var last = (Linear)loop.Model.named_modules().First(m => m.name == "out").module;
        using var guard = no_grad();
        last.weight = new Parameter(last.weight.clone());
    }

    /// <summary>A loop that continues without the optimiser's state.</summary>
    private sealed class Forgetful(Plan plan, nn.Module model, optim.Optimizer optimizer, MaskMethods methods, long seed) : BrokenLoop(plan, model, optimizer, methods, seed), IResumableLoop
    {
        public void Save(string path) => Inner.Save(path);

        public void Load(string path)
        {
            Inner.Load(path);
            ResetAll(this);
        }
    }

    /// <summary>What a loop is made of.</summary>
    private sealed record Ingredients(Plan Plan, nn.Module Model, optim.Optimizer Optimizer, MaskMethods Methods, long Seed);
}
