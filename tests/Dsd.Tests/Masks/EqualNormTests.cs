using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using Dsd.Tests.Training;
using Dsd.Training;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks;

/// <summary>Random masks that take as much from a layer as magnitude masks would.</summary>
public class EqualNormTests
{
    private const string Layer = "net.fc2.weight";

    [Property(MaxTest = 200)]
    public Property Choose_AnyWeights_PrunesTheLongestPrefixOfTheRandomOrderWithinTheNorm() => Prop.ForAll(Weights, drawn =>
    {
        var (values, sparsity, seed) = drawn;
        var (mask, least) = (Chosen(values, sparsity, seed), new Sparsity(sparsity).Kept(values.Length));
        var budget = Removed(values, Ranked(new("fc.weight", "holds", tensor(values), null, true, values.Length), least));
        Assert.Equal(Random(seed, values.Length, mask.Kept), mask);
        Assert.True(mask.Kept >= least);
        Assert.True(Removed(values, mask) <= budget);
        Assert.True(mask.Kept == least || Removed(values, Random(seed, values.Length, mask.Kept - 1)) > budget);
        Assert.Equal(mask, Chosen(values, sparsity, seed));
    });

    [Property(MaxTest = 100)]
    public Property Choose_ScaledOrNegatedWeights_IsTheSame() => Prop.ForAll(Weights, drawn =>
    {
        var (values, sparsity, seed) = drawn;
        var mask = Chosen(values, sparsity, seed);
        foreach (var factor in new[] { 0.125f, 4096f, -1f })
        {
            Assert.Equal(mask, Chosen([.. values.Select(v => v * factor)], sparsity, seed));
        }
    });

    [Property(MaxTest = 100)]
    public Property Choose_AHigherSparsity_IsWithinTheMaskOfALower() => Prop.ForAll(Weights, drawn =>
    {
        var (values, sparsity, seed) = drawn;
        Assert.Equal(0, Chosen(values, sparsity, seed).CountKeptOnlyHere(Chosen(values, sparsity / 2, seed)));
    });

    [Fact]
    public void Choose_AWideLayer_TakesNearlyTheNormOfTheMagnitudeMaskWithFewerWeights()
    {
        var random = CounterRandom.For(3, "weights");
        float[] values = [.. Enumerable.Range(0, 4096).Select(i => (float)random.Normal(i))];
        var (mask, least) = (Chosen(values, 0.5, 1), 2048L);
        var budget = Removed(values, Ranked(new("fc.weight", "holds", tensor(values), null, true, 4096), least));
        Assert.InRange(Removed(values, mask) / budget, 0.98, 1);
        Assert.InRange(mask.Kept, 3600, 4000);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.25f)]
    [InlineData(0.1f)]
    public void Choose_EqualWeights_PrunesAsManyAsPlanned(float value) =>
        Assert.Equal(Random(5, 40, 28), Chosen([.. Enumerable.Repeat(value, 40)], 0.3, 5));

    [Fact]
    public void Choose_MoreZerosThanPlanned_PrunesNoMoreThanPlanned()
    {
        var mask = Chosen([.. Enumerable.Range(0, 40).Select(i => i < 39 ? 0f : 1f)], 0.3, 5);
        Assert.Equal(28, mask.Kept + (mask[39] ? 0 : 1));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Choose_WeightsThatAreNotFinite_IsRefused(float value) =>
        Assert.Contains("fc.weight holds values that are NaN or infinite", Assert.ThrowsAny<DsdException>(() => Chosen([1, value, 2, 3], 0.5, 1)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(ScalarType.Float16, 1.0)]
    [InlineData(ScalarType.BFloat16, 1.0)]
    [InlineData(ScalarType.Float64, 1e200)]
    [InlineData(ScalarType.Float64, 1e-200)]
    public void Choose_WeightsOfAnyTypeAndSize_IsThatOfTheirValues(ScalarType type, double factor)
    {
        var values = Enumerable.Range(0, 60).Select(i => (double)((i * 7 % 31) - 15)).ToArray();
        Assert.Equal(Chosen([.. values.Select(v => (float)v)], 0.6, 2), Chosen(tensor(values).mul(factor).to(type).reshape(1, 60), 0.6, 2));
    }

    [Fact]
    public void Keep_NothingToPrune_IsAll()
    {
        using var scope = NewDisposeScope();
        var order = new WeightScores("w", "has", null, CounterRandom.For(1, "w"), false, 3);
        Assert.Equal(3, EqualNorm.Keep(3, MaskUpdate.Once, order, new LiveLayer(new MaskContext("w", zeros(3)))));
    }

    [Fact]
    public void Choose_WithinMasks_MatchesTheNormAmongTheWeightsTheyKeep()
    {
        using var scope = NewDisposeScope();
        float[] values = [.. Enumerable.Range(0, 64).Select(i => (float)((i * 37 % 64) + 1))];
        var allowed = BitMask.Of(tensor([.. Enumerable.Range(0, 64).Select(i => i % 4 != 0)]));
        var mask = Chosen(tensor(values, 1, 64), 0.5, 9, GivenMasks.Named("ticket"), allowed);
        var among = Enumerable.Range(0, 64).Where(i => allowed[i]).ToList();
        var budget = among.Select(i => (double)values[i] * values[i]).Order().Take(48 - 32).Sum();
        var removed = among.Where(i => !mask[i]).Sum(i => (double)values[i] * values[i]);
        var order = CounterRandom.For(9, "fc.weight");
        var next = among.Where(i => mask[i]).MinBy(i => order.Uniform(i));
        Assert.Equal(0, mask.CountKeptOnlyHere(allowed));
        Assert.True(removed <= budget && removed + ((double)values[next] * values[next]) > budget);
        Assert.All(among.Where(i => !mask[i]), i => Assert.True(order.Uniform(i) < order.Uniform(next)));
    }

    [Fact]
    public void Criterion_WithoutASeed_HasThatOfTheRun()
    {
        Assert.Equal(InSession(MaskCriterion.RandomOfEqualNorm(5), seed: 1)[0], InSession(MaskCriterion.RandomOfEqualNorm(), seed: 5)[0]);
        Assert.NotEqual(InSession(MaskCriterion.RandomOfEqualNorm(), seed: 1)[0], InSession(MaskCriterion.RandomOfEqualNorm(), seed: 5)[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Choose_AgainWhileWeightsRest_IsTheSame(bool mayRegrow)
    {
        var masks = InSession(MaskCriterion.RandomOfEqualNorm(1), update: MaskUpdate.Every(1, mayRegrow));
        Assert.Equal(6, masks.Count);
        Assert.All(masks, mask => Assert.Equal(masks[0], mask));
        Assert.InRange(masks[0].Kept, 129, 250);
    }

    [Fact]
    public void Choose_AlongARamp_IsNestedAndOfTheNormOfEachLevel()
    {
        manual_seed(1);
        using var net = new ToyNet(4, 16, norm: false);
        var values = ToyCase.Values(net.get_parameter(Layer)!);
        var masks = InSession(MaskCriterion.RandomOfEqualNorm(1), SparsityCurve.Linear(0.1, 0.6), MaskUpdate.Every(1), net: net);
        Assert.All(masks.Zip(masks.Skip(1)), pair => Assert.True(pair.Second.CountKeptOnlyHere(pair.First) == 0));
        Assert.InRange(masks[5].Kept, 103, masks[1].Kept - 1);
        Assert.All(masks.Index(), at =>
        {
            var budget = values.Select(v => (double)v * v).Order().Take(256 - (int)new Sparsity(0.1 + (0.1 * at.Index)).Kept(256)).Sum();
            Assert.InRange(Removed(values, at.Item), budget - values.Max(v => v * v), budget * (1 + 1e-12));
        });
    }

    [Fact]
    public void Choose_AgainWhenKeptWeightsShrink_RegrowsOnlyWhereItMay()
    {
        List<BitMask> Shrinking(bool mayRegrow) => InSession(MaskCriterion.RandomOfEqualNorm(1), update: MaskUpdate.Every(1, mayRegrow), each: weight => weight.mul_(0.5));
        Assert.All(Shrinking(mayRegrow: false), mask => Assert.InRange(mask.Kept, 128, Shrinking(mayRegrow: false)[0].Kept));
        Assert.True(Shrinking(mayRegrow: true)[1].Kept > Shrinking(mayRegrow: true)[0].Kept);
    }

    private static Arbitrary<(float[] Values, double Sparsity, long Seed)> Weights =>
        (from count in Gen.Choose(2, 80)
         from values in Gen.OneOf(
             Gen.Choose(-1_000_000, 1_000_000).Select(v => v / 1e5f),
             Gen.Choose(-3, 3).Select(v => v / 4f)).ArrayOf(count)
         from percent in Gen.Choose(1, 99)
         from seed in Gen.Choose(0, 1000)
         where new Sparsity(percent / 200.0).Kept(count) < count
         select (values, percent / 100.0, (long)seed)).ToArbitrary();

    private static BitMask Chosen(float[] values, double sparsity, long seed)
    {
        using var scope = NewDisposeScope();
        return Chosen(tensor(values, 1, values.Length), sparsity, seed);
    }

    private static BitMask Chosen(Tensor weight, double sparsity, long seed, GivenMasks? within = null, BitMask? allowed = null)
    {
        var phase = new Phase("sparse", Duration.Steps(1), LearningRate.Constant(0.1), SparsityCurve.Constant(sparsity), new MaskRule(MaskCriterion.RandomOfEqualNorm(seed), within: within));
        var methods = allowed is null ? null : MaskMethods.None.WithMasks("ticket", new Dictionary<string, BitMask> { ["fc.weight"] = allowed });
        var planned = Plan.Resolve(new Schedule([phase]), ModelShape.Empty.Linear("fc", weight.numel(), 1, bias: false), 5, methods).Phases[0];
        return new MaskChoice(MaskMethods.None).Choose(planned, 0, l => new LiveLayer(new MaskContext(l.Parameter, weight), Allowed: allowed)).Single().Mask;
    }

    private static BitMask Random(long seed, long count, long keep) => Ranked(new("fc.weight", "has", null, CounterRandom.For(seed, "fc.weight"), false, count), keep);

    private static BitMask Ranked(WeightScores scores, long keep)
    {
        using var scope = NewDisposeScope();
        return ScoreGroup.Rank([new([scores], keep, false)])[scores];
    }

    private static double Removed(float[] values, BitMask mask) => values.Where((_, i) => !mask[i]).Aggregate(0.0, (sum, v) => sum + ((double)v * v));

    /// <summary>The masks at the steps of a phase in which the optimiser does not move weights.</summary>
    private static List<BitMask> InSession(MaskCriterion criterion, SparsityCurve? sparsity = null, MaskUpdate? update = null, long seed = 0, Action<Tensor>? each = null, ToyNet? net = null)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        net ??= new ToyNet(4, 16, norm: false);
        var phase = new Phase("sparse", Duration.Steps(6), LearningRate.Constant(0.1), sparsity ?? SparsityCurve.Constant(0.5), new MaskRule(criterion, update: update), LayerScope.Default.Keep("*").Prune("net.fc2"));
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(new Schedule([phase]).On(net, 5), net, optimizer, seed: seed);
        var (task, masks) = (new ToyTask(4), new List<BitMask>());
        while (session.BeginStep())
        {
            masks.Add(session.Masks.Masks[Layer]);
            optimizer.zero_grad();
            task.Loss(net, session.Step).backward();
            session.MaskGradients();
            using (no_grad())
            {
                each?.Invoke(net.get_parameter(Layer)!);
            }

            session.EndStep();
        }

        return masks;
    }
}
