using System.Diagnostics;
using System.Globalization;
using Dsd.Masks;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>Masks that are chosen for weights on the device, beside those for the same weights on the CPU.</summary>
internal sealed class SelectionStage : IStage
{
    private static readonly double[] s_sparsities = [0.5, 0.9, 0.999];
    private static readonly long[] s_sizes = [1, 2, 63, 64, 65, 1000, 4097, 100_003, 1_000_000];

    public string Name => "selection";

    public string Summary => "masks of weights on the device, bit for bit those of the CPU";

    public int LimitSeconds => 50;

    public void Run(StageContext context)
    {
        foreach (var count in s_sizes.Concat(context.Pick<long[]>([5_000_000, 25_000_000], [])))
        {
            if (context.HasTime)
            {
                PerLayer(context, count);
            }
            else
            {
                context.Say(Counted(count), "left out for lack of time");
            }
        }

        foreach (var type in new[] { ScalarType.Float64, ScalarType.BFloat16, ScalarType.Float16 })
        {
            using var weights = Weights("normal", 4097).to(type);
            Compare(context, $"{type}, 4,097 weights", weights, 0.9);
        }

        Refusal(context);
        foreach (var rule in new[] { MaskRule.Default, new MaskRule(distribution: SparsityDistribution.Global), new MaskRule(pattern: MaskPattern.NOfM(2, 4)), new MaskRule(MaskCriterion.Random(5)) })
        {
            OfANetwork(context, rule);
        }
    }

    private static void PerLayer(StageContext context, long count)
    {
        var wrong = new List<string>();
        var seconds = 0.0;
        foreach (var kind in new[] { "normal", "ties", "zeros", "alike", "tiny" })
        {
            using var weights = Weights(kind, count);
            using var there = weights.to(context.Device);
            foreach (var sparsity in s_sparsities)
            {
                context.Synchronize();
                var clock = Stopwatch.StartNew();
                var mask = MaskSet.Choose(new MaskContext("w", there), new Sparsity(sparsity));
                seconds += clock.Elapsed.TotalSeconds;
                if (!mask.Equals(MaskSet.Choose(new MaskContext("w", weights), new Sparsity(sparsity))))
                {
                    wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{kind} at {sparsity}"));
                }
            }
        }

        var name = Counted(count);
        context.Require(name, wrong.Count == 0, wrong.Count == 0 ? "15 choices have the bits of the CPU's" : $"other masks: {string.Join(", ", wrong)}");
        if (count >= 1_000_000)
        {
            context.Measure($"{name}: a choice", 1e3 * seconds / 15, "ms");
        }
    }

    private static void Compare(StageContext context, string name, Tensor weights, double sparsity)
    {
        using var there = weights.to(context.Device);
        var (ours, expected) = (MaskSet.Choose(new MaskContext("w", there), new Sparsity(sparsity)), MaskSet.Choose(new MaskContext("w", weights), new Sparsity(sparsity)));
        context.Require(name, ours.Equals(expected), $"{ours.Kept} kept");
    }

    private static void Refusal(StageContext context)
    {
        foreach (var value in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            using var weights = Weights("normal", 1000);
            weights[500] = value;
            using var there = weights.to(context.Device);
            var message = "";
            try
            {
                _ = MaskSet.Choose(new MaskContext("w", there), new Sparsity(0.5));
            }
            catch (DsdException e)
            {
                message = e.Message;
            }

            context.Require(string.Create(CultureInfo.InvariantCulture, $"a weight that is {value}"), message.Length > 0, message.Length > 0 ? $"refused: {message}" : "a mask was chosen");
        }
    }

    private static void OfANetwork(StageContext context, MaskRule rule)
    {
        _ = manual_seed(4);
        using var model = nn.Sequential(("a", nn.Linear(64, 300)), ("b", nn.Linear(300, 500)), ("c", nn.Linear(500, 12)));
        using (no_grad())
        {
            foreach (var parameter in model.parameters())
            {
                // Ties, also between layers.
                parameter.copy_(parameter.mul(64).round().div(64));
            }
        }

        using var there = nn.Sequential(("a", nn.Linear(64, 300)), ("b", nn.Linear(300, 500)), ("c", nn.Linear(500, 12))).to(context.Device);
        _ = there.load_state_dict(model.state_dict());
        var (expected, masks) = (Masks(model, rule), Masks(there, rule));
        context.Require($"a network by {rule}", expected.Count == masks.Count && expected.All(m => m.Value.Equals(masks[m.Key])), $"{expected.Count} layers, {masks.Values.Sum(m => m.Kept)} kept");
    }

    private static Dictionary<string, BitMask> Masks(nn.Module model, MaskRule rule)
    {
        using var optimizer = optim.SGD(model.parameters(), 0.1);
        var schedule = new Schedule([new Phase("sparse", Duration.Steps(1), LearningRate.Constant(0.1), SparsityCurve.Constant(0.5), rule, LayerScope.Default.Prune("*"))]);
        using var session = new Session(schedule.On(model, 1), model, optimizer);
        _ = session.BeginStep();
        return new(session.Masks.Masks);
    }

    private static string Counted(long count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} weights");

    private static Tensor Weights(string kind, long count)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var normal = randn([count], generator: generator);
        var weights = kind switch
        {
            "ties" => normal.mul(4).round().div(4),
            "zeros" => where(normal.abs().lt(0.5), copysign(zeros_like(normal), normal), normal.round()),
            "alike" => full_like(normal, -0.25),
            "tiny" => normal.mul(1e-44),
            _ => normal,
        };
        return weights.clone().MoveToOuterDisposeScope();
    }
}
