using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using FsCheck.Fluent;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>The laws of training under a plan, for a session or a loop of one's own.</summary>
/// <example><code>
/// TrainingLaws.Check((plan, model, optimizer, methods, seed) => new OwnLoop(plan, model, optimizer));
/// </code></example>
public static class TrainingLaws
{
    internal const string NoError = "every step is done";
    internal const string Steps = "as many steps as the plan";
    internal const string Rate = "the plan's learning rate";
    internal const string DenseHasNone = "a dense phase has no masks";
    internal const string OnlyPruned = "masks on the plan's layers alone";
    internal const string Counts = "the plan's counts";
    internal const string Total = "a distribution meets its total";
    internal const string Due = "masks change only when due";
    internal const string Ranks = "masks rank by the criterion";
    internal const string Nested = "masks of a phase are nested";
    internal const string Grows = "an update grows by dense gradients";
    internal const string Drops = "an update drops the lowest";
    internal const string PatternOf = "masks satisfy the pattern";
    internal const string Given = "masks keep to those given";
    internal const string Zero = "masked weights are exactly +0";
    internal const string KeptUntouched = "choosing touches no kept weight";
    internal const string OthersUntouched = "nothing else is touched";
    internal const string Regrown = "regrown weights start as named";
    internal const string RegrownState = "the state of regrown weights is as named";
    internal const string KeptState = "the state of kept weights is untouched";
    internal const string Rewound = "rewound weights are the earlier ones";
    internal const string Gradients = "gradients of masked weights are 0";
    internal const string OtherGradients = "other gradients are untouched";
    internal const string Behind = "values behind the mask are carried on";
    internal const string StraightGradients = "gradients pass straight through, decayed behind the mask alone";
    internal const string BehindTrained = "values behind the mask are trained";
    internal const string Moves = "regrown weights are trained";
    internal const string SameObjects = "parameters stay the same objects";
    internal const string Deterministic = "the same seed gives the same bits";
    internal const string Plain = "zero sparsity is plain training";
    internal const string Continues = "continuing equals never stopping";

    private static readonly string[] s_laws =
    [
        NoError, Steps, Rate, DenseHasNone, OnlyPruned, Counts, Total, Due, Ranks, Nested, Grows, Drops, PatternOf, Given, Zero, KeptUntouched, OthersUntouched,
        Regrown, RegrownState, KeptState, Rewound, Gradients, OtherGradients, Behind, StraightGradients, BehindTrained, Moves, SameObjects, Deterministic, Plain, Continues,
    ];

    /// <summary>Checks sessions.</summary>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport CheckSession(LawOptions? options = null, TrainingCase? on = null) =>
        Run("session", (plan, model, optimizer, methods, seed) => new SessionLoop(plan, model, optimizer, methods, seed), null, null, options, on, "TrainingLaws.CheckSession(");

    /// <summary>Checks a training loop.</summary>
    /// <param name="loop">Makes the loop of a plan, a model, its optimiser, the custom methods that the schedule names, and the seed of the run.</param>
    /// <param name="rule">The mask rule of every sparse phase, for a loop that carries out no other. Default null: rules over all axes.</param>
    /// <param name="methods">The custom methods that the rule names. Default null: those of the generated rules.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport Check(
        Func<Plan, nn.Module, optim.Optimizer, MaskMethods, long, ITrainingLoop> loop,
        MaskRule? rule = null,
        MaskMethods? methods = null,
        LawOptions? options = null,
        TrainingCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(loop);
        return Run("training loop", loop, rule, methods, options, on, "TrainingLaws.Check(loop, ");
    }

    internal static LawReport Run(
        string subject,
        Func<Plan, nn.Module, optim.Optimizer, MaskMethods, long, ITrainingLoop> loop,
        MaskRule? rule,
        MaskMethods? methods,
        LawOptions? options,
        TrainingCase? on,
        string call)
    {
        Torch.TorchRuntime.Configure();
        var given = methods ?? Generators.Methods;
        var run = new CaseRun<TrainingCase>(subject, s_laws, (c, f) => CheckOn(c, f, loop, given), c => c.Shrink(given), (c, code) => $"{call}{code.Argument("on", c.Print(code))})");
        return on is null ? run.Check(Generators.TrainingCases(rule, given).Generator.Select(c => c.On((options ?? new()).Device)), options) : run.Check([on], (options ?? new()).Seed);
    }

    private static void CheckOn(TrainingCase c, Findings findings, Func<Plan, nn.Module, optim.Optimizer, MaskMethods, long, ITrainingLoop> loop, MaskMethods methods)
    {
        methods = c.With(methods);
        var first = Train(c, c.Schedule, observe: true);
        if (first is null || findings.Broken is not null)
        {
            return;
        }

        Same(Deterministic, first, Train(c, c.Schedule, observe: false), "the bits of the first training");
        var control = c.Schedule.AsDenseControl();
        if (findings.Broken is null && Train(c, control, observe: false) is { } dense)
        {
            using var plain = c.Build();
            Same(Plain, TrainedPlainly(c, Plans.Plan.Resolve(control, Execution.ModelInspection.ShapeOf(plain), TrainingCase.StepsPerEpoch), plain), dense, "the bits of a plain loop");
        }

        if (findings.Broken is null)
        {
            CheckContinuing(first);
        }

        Dictionary<string, float[]>? Train(TrainingCase training, Schedule schedule, bool observe)
        {
            Dictionary<string, float[]>? end = null;
            _ = findings.Try(NoError, "no exception", () =>
            {
                using var model = training.Build();
                using var optimizer = training.Create(model);
                var plan = Plans.Plan.Resolve(schedule, Execution.ModelInspection.ShapeOf(model), TrainingCase.StepsPerEpoch, methods);
                _ = manual_seed(training.Seed);
                using var live = loop(plan, model, optimizer, methods, training.Seed);
                var watch = observe ? new TrainingWatch(plan, model, optimizer, live, findings, methods) : null;
                Drive(training, model, optimizer, live, watch, long.MaxValue);
                end = All(model);
            });
            return end;
        }

        void CheckContinuing(Dictionary<string, float[]> straight)
        {
            var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
            _ = findings.Try(NoError, "no exception", () =>
            {
                try
                {
                    var plan = Plans.Plan.Resolve(c.Schedule, Shape(), TrainingCase.StepsPerEpoch, methods);
                    using var early = c.Build();
                    using var earlyOptimizer = c.Create(early);
                    _ = manual_seed(c.Seed);
                    using (var stopped = loop(plan, early, earlyOptimizer, methods, c.Seed))
                    {
                        if (stopped is not IResumableLoop saved)
                        {
                            return;
                        }

                        Drive(c, early, earlyOptimizer, stopped, null, CounterRandom.For(c.Seed, "stop").Below(0, (int)plan.TotalSteps));
                        saved.Save(path);
                    }

                    using var late = c.Network.Build(c.Seed + 1, c.Device);
                    using var optimizer = c.Create(late);
                    using var continued = loop(plan, late, optimizer, methods, c.Seed);
                    ((IResumableLoop)continued).Load(path);
                    Drive(c, late, optimizer, continued, null, long.MaxValue, from: CounterRandom.For(c.Seed, "stop").Below(0, (int)plan.TotalSteps));
                    Same(Continues, straight, All(late), "the bits of training that never stopped");
                }
                finally
                {
                    File.Delete(path);
                }
            });
        }

        ModelShape Shape()
        {
            using var model = c.Build();
            return Execution.ModelInspection.ShapeOf(model);
        }

        void Same(string law, Dictionary<string, float[]> expected, Dictionary<string, float[]>? got, string what)
        {
            if (got is not null)
            {
                var other = expected.FirstOrDefault(e => !LiveState.SameBits(e.Value, got[e.Key]));
                findings.Check(law, other.Key is null, () => what, () => $"another {other.Key}");
            }
        }
    }

    /// <summary>Steps a loop by what a user writes around it.</summary>
    private static void Drive(TrainingCase c, nn.Module<Tensor, Tensor> model, optim.Optimizer optimizer, ITrainingLoop loop, TrainingWatch? watch, long steps, long from = 0)
    {
        var task = new TestTask(c.Network.Inputs);
        for (var step = from; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            watch?.BeforeBegin();
            var goesOn = loop.BeginStep();
            watch?.Begun(step, goesOn);
            if (!goesOn || watch?.IsOver == true)
            {
                return;
            }

            optimizer.zero_grad();
            SeedStep(c, step);
            task.Loss(model, step).backward();
            watch?.BeforeMasking();
            loop.MaskGradients();
            watch?.GradientsMasked();
            Clip(c, model);
            _ = optimizer.step();
            watch?.Stepped();
            loop.EndStep();
            watch?.Ended(step);
        }
    }

    private static Dictionary<string, float[]> TrainedPlainly(TrainingCase c, Plan plan, nn.Module<Tensor, Tensor> model)
    {
        using var optimizer = c.Create(model);
        var task = new TestTask(c.Network.Inputs);
        _ = manual_seed(c.Seed);
        for (var step = 0L; step < plan.TotalSteps; step++)
        {
            using var scope = NewDisposeScope();
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = plan.RateAt(step);
            }

            optimizer.zero_grad();
            SeedStep(c, step);
            task.Loss(model, step).backward();
            Clip(c, model);
            _ = optimizer.step();
        }

        return All(model);
    }

    /// <summary>Seeds the generators of CUDA, whose state no loop can save: a step's dropout depends on the step alone there.</summary>
    private static void SeedStep(TrainingCase c, long step)
    {
        if (c.Device != LawDevice.Cpu)
        {
            cuda.manual_seed_all((long)(CounterRandom.For(c.Seed, "step on a device").Bits(step) >> 1));
        }
    }

    private static void Clip(TrainingCase c, nn.Module model)
    {
        if (c.Clip is { } norm)
        {
            _ = nn.utils.clip_grad_norm_(model.parameters(), norm);
        }
    }

    private static Dictionary<string, float[]> All(nn.Module model) => model.state_dict().ToDictionary(t => t.Key, t => LiveState.Values(t.Value));
}
