using Dsd.Execution;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Testing;
using Dsd.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>A small network with every kind of parameter that masks must leave alone, and dropout.</summary>
internal sealed class ToyNet : nn.Module<Tensor, Tensor>
{
    private readonly Sequential _net;

    public ToyNet(int inputs, int hidden, bool norm = true, double dropout = 0, bool convolution = false)
        : base("toy")
    {
        // A convolution as wide as its input computes what a linear layer does.
        List<(string, nn.Module<Tensor, Tensor>)> layers = convolution
            ? [("row", nn.Unflatten(1, [1, inputs])), ("fc1", nn.Conv1d(1, hidden, inputs)), ("flat", nn.Flatten())]
            : [("fc1", nn.Linear(inputs, hidden))];
        if (norm)
        {
            layers.Add(("bn", nn.BatchNorm1d(hidden)));
        }

        layers.Add(("act", nn.Tanh()));
        if (dropout > 0)
        {
            layers.Add(("drop", nn.Dropout(dropout)));
        }

        layers.Add(("fc2", nn.Linear(hidden, hidden)));
        layers.Add(("act2", nn.Tanh()));
        layers.Add(("fc3", nn.Linear(hidden, 3)));
        _net = nn.Sequential(layers);
        register_module("net", _net);
    }

    public override Tensor forward(Tensor input) => _net.call(input);
}

/// <summary>The task of the kit, with notes of what was asked of it.</summary>
internal sealed class ToyTask(int inputs, int stepsPerEpoch = 5) : ITrainingTask
{
    private readonly TestTask _task = new(inputs, stepsPerEpoch);

    public string Name => "toy";

    public int StepsPerEpoch => stepsPerEpoch;

    public int Evaluations { get; private set; }

    /// <summary>The steps that were asked for, in order.</summary>
    public List<long> Steps { get; } = [];

    public List<DataSplit> SplitsRead { get; } = [];

    public Tensor Loss(nn.Module model, long step)
    {
        Steps.Add(step);
        return _task.Loss(model, step);
    }

    public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split)
    {
        Evaluations++;
        SplitsRead.Add(split);
        return _task.Evaluate(model, split);
    }

    public (Tensor X, Tensor Y) Batch(long step) => _task.Batch(step);
}

/// <summary>Random small cases, each named by one number.</summary>
internal sealed class ToyCase
{
    private readonly CounterRandom _random;

    public ToyCase(int seed)
    {
        Seed = seed;
        _random = CounterRandom.For(seed, "toy case");
        HasPairs = Pick(15, 0, 5) == 0;
        Inputs = Pick(0, 2, 9) is var inputs && HasPairs ? inputs & ~1 : inputs;
        Hidden = Pick(1, 2, 17) is var hidden && HasPairs ? hidden & ~1 : hidden;
        HasNorm = Pick(2, 0, 1) == 1;
        HasConvolution = Pick(12, 0, 3) == 0 && !HasPairs;
    }

    public int Seed { get; }

    public int Inputs { get; }

    public int Hidden { get; }

    public bool HasNorm { get; }

    public bool HasConvolution { get; }

    /// <summary>Whether masks keep one of every two inputs, for which layers have an even number of them.</summary>
    public bool HasPairs { get; }

    /// <summary>How much a weight's removal would change the loss, to first order, and how much the loss wants to move it, masked or not.</summary>
    public static MaskMethods Methods { get; } = Generators.Methods.WithCriterion("slope", w => w.Gradient!.abs());

    /// <summary>A pattern of a user's: every output keeps equally many of its weights.</summary>
    public static IMaskPattern Rows => Generators.Methods.Patterns["rows"];

    /// <summary>An update of a user's: which weights stay moves on by a draw that is remembered from one update to the next.</summary>
    public static IMaskUpdate Turn => Generators.Methods.Updates["turn"];

    public OptimizerSettings Optimizer => Generators.Optimizers[Pick(3, 0, Generators.Optimizers.Count - 1)];

    /// <summary>Whether a loop of one's own steps with TorchSharp's optimiser instead of the one that settings make.</summary>
    public bool IsPlain => Pick(13, 0, 1) == 0;

    /// <summary>The optimiser of a loop of one's own.</summary>
    public optim.Optimizer Create(nn.Module net) => (IsPlain, Optimizer.Kind) switch
    {
        (true, OptimizerKind.Sgd) => optim.SGD(net.parameters(), 0.05, Optimizer.Momentum, Optimizer.Dampening, Optimizer.WeightDecay, Optimizer.Nesterov),
        (true, OptimizerKind.Adam) => optim.Adam(net.parameters(), 0.05, weight_decay: Optimizer.WeightDecay),
        (true, OptimizerKind.AdamW) => optim.AdamW(net.parameters(), 0.05, weight_decay: Optimizer.WeightDecay),
        _ => Optimizer.Create(net.parameters(), 0.05),
    };

    public double Sparsity => HasPairs ? 0.5 : new[] { 0.1, 0.25, 0.3, 0.5, 0.8, 0.95 }[Pick(4, 0, 5)];

    public MaskCriterion Criterion => Pick(5, 0, 6) switch
    {
        0 => MaskCriterion.Random(Seed),
        1 => MaskCriterion.Custom("saliency"),
        2 => MaskCriterion.Custom("slope"),
        3 => MaskCriterion.WeightTimesGradient,
        4 => MaskCriterion.Custom("remembering"),
        _ => MaskCriterion.Magnitude,
    };

    public MaskUpdate Update => Pick(7, 0, 6) switch
    {
        0 or 1 => MaskUpdate.Once,
        2 when !HasPairs => MaskUpdate.SparseEvolution(2, 0.4, Pick(16, 0, 1) == 0 ? 1 : 0.6),
        3 when !HasPairs => MaskUpdate.Custom("turn", 2),
        4 => MaskUpdate.Every(2, mayRegrow: true),
        5 => MaskUpdate.Every(2).WithUntil(0.6),
        _ => MaskUpdate.Every(2),
    };

    public MaskRule Mask => new(
        Criterion,
        HasPairs || HasRows ? SparsityDistribution.Uniform : Pick(6, 0, 5) switch
        {
            0 when Update.Policy is null => SparsityDistribution.Global,
            1 => SparsityDistribution.Global,
            2 => SparsityDistribution.Erk,
            3 => SparsityDistribution.Custom("tilted"),
            _ => SparsityDistribution.Uniform,
        },
        HasPairs ? MaskPattern.NOfM(1, 2) : HasRows ? Pick(18, 0, 3) switch { 0 => MaskPattern.Row(UnitNorm.L1), 1 => MaskPattern.Block(2, 3, pad: true), _ => MaskPattern.Custom("rows") } : MaskPattern.Element,
        Update);

    /// <summary>A constant sparsity, or where masks are chosen more than once, sometimes a ramp that ends there from below or above.</summary>
    public SparsityCurve Curve => (Update.IntervalSteps, Pick(11, 0, 2)) switch
    {
        _ when HasPairs || (HasRows && !Update.MayRegrow) || (Update.Policy is not null && Mask.Distribution == SparsityDistribution.Global) => SparsityCurve.Constant(Sparsity),
        (not null, 0) => SparsityCurve.Cubic(0, Sparsity),
        (not null, 1) => SparsityCurve.Linear(0.97, Sparsity),
        _ => SparsityCurve.Constant(Sparsity),
    };

    // A pattern of rows, with any update but those that move single weights.
    private bool HasRows => !HasPairs && Pick(15, 0, 5) == 1 && Update.Policy is null;

    public RegrownWeights RegrownWeights => (RegrownWeights)Pick(8, 0, 2);

    public RegrownState RegrownState => (RegrownState)Pick(9, 0, 2);

    public LayerScope Layers => Pick(10, 0, 3) switch
    {
        0 => LayerScope.Default.Keep("net.fc2"),
        1 => LayerScope.Default.Set("net.fc*", 0.5),
        2 => LayerScope.Default.Keep("*").Prune("net.fc1"),
        _ => LayerScope.Default,
    };

    public int Pick(int which, int least, int most) => least + _random.Below(which, most - least + 1);

    public ToyNet Net(double dropout = 0)
    {
        manual_seed(Seed);
        return new ToyNet(Inputs, Hidden, HasNorm, dropout, HasConvolution);
    }

    public ToyTask Task() => new(Inputs);

    public Schedule Schedule(int dense = 3, int sparse = 6, int redense = 4) => Dsd.Schedules.Schedule.Start()
        .Dense(Duration.Steps(dense), LearningRate.Constant(0.05))
        .Sparse(Duration.Steps(sparse), LearningRate.Constant(0.02), Curve, _ => Layers, mask: Mask, regrownWeights: RegrownWeights, regrownState: RegrownState)
        .Dense(Duration.Steps(redense), LearningRate.Constant(0.01))
        .Build();

    /// <summary>Steps a session by a plain loop; <paramref name="after"/> sees the model after each step.</summary>
    public static void Drive(Session session, ToyNet net, optim.Optimizer optimizer, ToyTask task, Action<long>? after = null, Action? beforeOptimizer = null, bool masksGradients = true, Computation? computation = null)
    {
        while (session.BeginStep())
        {
            using var scope = NewDisposeScope();
            var step = session.Step;
            optimizer.zero_grad();
            if (computation is null)
            {
                task.Loss(net, step).backward();
            }
            else
            {
                computation.Backward(() => task.Loss(net, step));
            }

            if (masksGradients)
            {
                session.MaskGradients();
            }

            beforeOptimizer?.Invoke();
            optimizer.step();
            session.EndStep();
            after?.Invoke(step);
        }
    }

    public static float[] Values(Tensor tensor) => [.. tensor.detach().cpu().to(float32).flatten().data<float>()];

    public static Dictionary<string, float[]> Weights(nn.Module net) => net.state_dict().ToDictionary(t => t.Key, t => Values(t.Value));

    public static void AssertSameBits(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var (name, values) in expected)
        {
            Assert.True(values.AsSpan().SequenceEqual(actual[name]), $"{name} differs");
        }
    }
}
