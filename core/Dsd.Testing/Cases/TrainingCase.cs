using Dsd.Execution;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>A network, a schedule that fits it and an optimiser, as plain data that prints as code: one small training.</summary>
public sealed record TrainingCase
{
    /// <summary>The steps of an epoch.</summary>
    public const int StepsPerEpoch = 5;

    /// <summary>Creates a case.</summary>
    /// <param name="network">The network.</param>
    /// <param name="schedule">The schedule; its custom methods and masks are those of <see cref="Methods"/>.</param>
    /// <param name="optimizer">The optimiser.</param>
    /// <param name="isPlain">True for TorchSharp's own optimiser, false for the one of Dsd that applies masks itself. Default false.</param>
    /// <param name="clip">The norm to which gradients are clipped, above 0. Default null: not clipped.</param>
    /// <param name="ties">True to round the first weights to quarters, so that ties are everywhere. Default false.</param>
    /// <param name="seed">The seed of the weights and of the run. Default 0.</param>
    /// <param name="device">The device of the network: <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>. Default <c>"cpu"</c>.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public TrainingCase(TestNetwork network, Schedule schedule, OptimizerSettings optimizer, bool isPlain = false, double? clip = null, bool ties = false, long seed = 0, string device = "cpu") =>
        (Network, Schedule, Optimizer, IsPlain, Clip, Ties, Seed, Device) = (network, schedule, optimizer, isPlain, clip, ties, seed, LawDevice.Checked(device));

    /// <summary>The network.</summary>
    public TestNetwork Network { get; }

    /// <summary>The schedule.</summary>
    public Schedule Schedule { get; }

    /// <summary>The optimiser.</summary>
    public OptimizerSettings Optimizer { get; }

    /// <summary>True for TorchSharp's own optimiser.</summary>
    public bool IsPlain { get; }

    /// <summary>The norm to which gradients are clipped; null if they are not.</summary>
    public double? Clip { get; }

    /// <summary>True if the first weights are rounded to quarters.</summary>
    public bool Ties { get; }

    /// <summary>The seed of the weights and of the run.</summary>
    public long Seed { get; }

    /// <summary>The device of the network.</summary>
    public string Device { get; }

    /// <summary>The custom methods to which the schedule refers: those of <see cref="Generators.Methods"/> and, for this network, masks under the names <c>some</c> and <c>most</c>.</summary>
    public MaskMethods Methods => With(Generators.Methods);

    /// <summary>Builds the live network with its first weights.</summary>
    public nn.Module<Tensor, Tensor> Build()
    {
        var net = Network.Build(Seed, Device);
        if (Ties)
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            foreach (var p in net.parameters())
            {
                p.copy_(p.mul(4).round().div(4));
            }
        }

        return net;
    }

    /// <summary>Makes the live optimiser of a network's parameters.</summary>
    /// <param name="model">The network.</param>
    public optim.Optimizer Create(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var (rate, o) = (Schedule.Phases[0].Rate.From, Optimizer);
        return (o.Name, IsPlain) switch
        {
            ("adam", true) => optim.Adam(model.parameters(), rate, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay),
            ("adam", false) => new MaskedAdam(model.parameters(), rate, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay),
            ("adamw", true) => optim.AdamW(model.parameters(), rate, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay),
            ("adamw", false) => new MaskedAdamW(model.parameters(), rate, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay),
            ("rmsprop", _) => optim.RMSProp(model.parameters(), rate, o.Alpha, o.Epsilon, o.WeightDecay, o.Momentum, o.Centered),
            (_, true) => optim.SGD(model.parameters(), rate, o.Momentum, o.Dampening, o.WeightDecay, o.Nesterov),
            _ => new MaskedSgd(model.parameters(), rate, o.Momentum, o.Dampening, o.WeightDecay, o.Nesterov),
        };
    }

    /// <summary>Resolves the plan.</summary>
    /// <exception cref="PlanException">The schedule does not fit the network.</exception>
    public Plan Plan() => Plans.Plan.Resolve(Schedule, Shape(), StepsPerEpoch, Methods);

    /// <summary>Prints the case as a C# expression that makes it.</summary>
    public override string ToString() => Print(Code.CSharp);

    internal bool Fits(MaskMethods methods) => Plans.Plan.Check(Schedule, Shape(), StepsPerEpoch, With(methods)).Count == 0;

    /// <summary>Adds the masks that generated rules name, if the schedule names some.</summary>
    internal MaskMethods With(MaskMethods methods)
    {
        if (Schedule.Phases.All(p => p.Mask.Within is null && p.Mask.Criterion.Masks is null))
        {
            return methods;
        }

        var shape = Shape();
        return Generators.GivenShares.Where(s => !methods.Masks.ContainsKey(s.Name)).Aggregate(methods, (all, share) => all.WithMasks(share.Name, shape.Parameters.Where(p => p.Count > 0).ToDictionary(p => p.Name, p => Given(p, share))));
    }

    internal string Print(Code code) => code.New(nameof(TrainingCase), "\n    " + string.Join(",\n    ",
    [
        Network.Print(code),
        $"Schedule.FromJson({Code.Json(Schedule.ToJson())})",
        $"OptimizerSettings.{Kind}({string.Join(", ", Constants().Select(a => code.Argument(a.Name, a.Value(code))))})",
        .. IsPlain ? [code.Argument("isPlain", "true")] : Array.Empty<string>(),
        .. Clip is { } clip ? [code.Argument("clip", Code.Double(clip))] : Array.Empty<string>(),
        .. Ties ? [code.Argument("ties", "true")] : Array.Empty<string>(),
        code.Argument("seed", code.Long(Seed)),
        .. code.Device(Device),
    ]));

    internal TrainingCase On(string device) => new(Network, Schedule, Optimizer, IsPlain, Clip, Ties, Seed, device);

    internal TrainingCase With(TestNetwork? network = null, Schedule? schedule = null, OptimizerSettings? optimizer = null) =>
        new(network ?? Network, schedule ?? Schedule, optimizer ?? Optimizer, IsPlain, Clip, Ties, Seed, Device);

    /// <summary>Smaller cases: fewer layers, phases and steps, then a plainer optimiser.</summary>
    internal IEnumerable<TrainingCase> Shrink(MaskMethods methods) => Smaller().Where(c => !c.BeginsByGradients && c.Fits(methods));

    /// <summary>True if masks may be chosen by gradients before the first step, where there are none.</summary>
    private bool BeginsByGradients => Schedule.Phases[0] is { IsDense: false, Mask.Criterion: var by } && (by.Name is not null || by == MaskCriterion.Gradient || by == MaskCriterion.WeightTimesGradient);

    /// <summary>Makes a mask that keeps about a share of a parameter, and its first weight.</summary>
    private static BitMask Given(ParameterShape parameter, (string Name, double Share) given)
    {
        var random = CounterRandom.For(parameter.Count, $"{given.Name} {parameter.Name}");
        using var kept = tensor([.. Enumerable.Range(0, (int)parameter.Count).Select(i => i == 0 || random.Uniform(i) < given.Share)]);
        return BitMask.Of(kept);
    }

    private string Kind => Optimizer.Name switch
    {
        "adam" => "Adam",
        "adamw" => "AdamW",
        "rmsprop" => "RmsProp",
        _ => "Sgd",
    };

    private IEnumerable<TrainingCase> Smaller()
    {
        foreach (var smaller in Network.Shrink())
        {
            yield return With(network: smaller);
        }

        var phases = Schedule.Phases;
        for (var i = 0; i < phases.Count; i++)
        {
            if (phases.Count > 1)
            {
                yield return With(schedule: new Schedule(phases.Where((_, j) => j != i).ToValueList()));
            }

            if (phases[i].Duration is { Unit: DurationUnit.Steps } steps && steps.ToSteps(StepsPerEpoch) > 1)
            {
                yield return With(schedule: new Schedule(phases.SetItem(i, phases[i].WithDuration(Duration.Steps(steps.ToSteps(StepsPerEpoch) - 1)))));
            }

            if (phases[i].Layers != LayerScope.Default)
            {
                yield return With(schedule: new Schedule(phases.SetItem(i, phases[i].WithLayers(LayerScope.Default))));
            }

            if (!phases[i].IsDense && phases[i].Mask != MaskRule.Default && phases[i].Mask.Update.IntervalSteps is null)
            {
                yield return With(schedule: new Schedule(phases.SetItem(i, phases[i].WithMask(MaskRule.Default))));
            }
        }

        if (Clip is not null || Ties)
        {
            yield return new(Network, Schedule, Optimizer, IsPlain, seed: Seed, device: Device);
        }

        if (Optimizer != OptimizerSettings.Sgd(0, 0))
        {
            yield return With(optimizer: OptimizerSettings.Sgd(0, 0));
            yield return With(optimizer: OptimizerSettings.Sgd(0.9, 0));
        }
    }

    private IEnumerable<(string Name, Func<Code, string> Value)> Constants()
    {
        (string Name, double Value, bool IsAny)[] all =
        [
            ("momentum", Optimizer.Momentum, Kind is "Sgd" or "RmsProp"),
            ("weightDecay", Optimizer.WeightDecay, true),
            ("dampening", Optimizer.Dampening, Kind == "Sgd"),
            ("alpha", Optimizer.Alpha, Kind == "RmsProp"),
            ("beta1", Optimizer.Beta1, Kind is "Adam" or "AdamW"),
            ("beta2", Optimizer.Beta2, Kind is "Adam" or "AdamW"),
        ];
        foreach (var (name, value, _) in all.Where(a => a.IsAny))
        {
            yield return (name, code => Code.Double(value));
        }

        if (Optimizer.Nesterov)
        {
            yield return ("nesterov", _ => "true");
        }
    }

    internal ModelShape Shape()
    {
        using var net = Network.Build(Seed);
        return ModelInspection.ShapeOf(net);
    }
}
