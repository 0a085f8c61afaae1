using Dsd.Execution;
using Dsd.Masks;
using Dsd.Schedules;
using Dsd.Tests.Training;
using Dsd.Training;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks.Methods;

/// <summary>Updates that drop the smallest kept weights and grow others.</summary>
public sealed class DropAndGrowTests
{
    [Property(MaxTest = 200)]
    public void Choose_Set_DropsTheSmallestAndGrowsAsManyOfTheOthers(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "set");
        var count = 2 + random.Below(0, 60);
        var held = Oracle.Mark(count, CounterRandom.For(seed, "kept").Permutation(count).Take(1 + random.Below(1, count)));
        var values = Enumerable.Range(0, count).Select(i => held[i] ? (random.Below(10 + i, 9) - 4) / 4f : 0).ToArray();
        var moment = new MaskMoment(40, random.Below(2, 21), 20, 1, seed);
        var update = MaskUpdate.SparseEvolution(2, (1 + random.Below(3, 99)) / 100.0, (1 + random.Below(4, 10)) / 10.0);

        var mask = Next(values, held, moment, update, held.Kept);

        // At its end the fraction is 0 along half a cosine, at its start the update's.
        var course = moment.PhaseStep >= update.Until * 20 ? 0 : (1 + Math.Cos(Math.PI * moment.PhaseStep / (update.Until * 20))) / 2;
        var dropped = (long)Math.Round((decimal)(update.Fraction * course) * held.Kept);
        var stays = Enumerable.Range(0, count).Where(i => held[i]).OrderByDescending(i => Math.Abs(values[i])).Take((int)(held.Kept - dropped)).ToHashSet();

        // All but those that stay may grow: those just dropped too.
        var draws = CounterRandom.For(seed, "grow w", 40);
        var grown = Enumerable.Range(0, count).Where(i => !stays.Contains(i)).OrderByDescending(i => draws.Bits(i) >> 32).Take((int)dropped);
        Assert.Equal(held.Kept, mask.Kept);
        Assert.Equal(Oracle.Mark(count, stays.Concat(grown)), mask);
        Assert.Equal(mask, Next(values, held, moment, update, held.Kept));
    }

    [Property(MaxTest = 50)]
    public void Choose_OfSeveralLayers_IsThatOfEachAlone(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "layers");
        var layers = Enumerable.Range(0, 6).Select(l =>
        {
            var count = 2 + random.Below(l, 3_000);
            var held = Oracle.Mark(count, CounterRandom.For(seed, $"kept {l}").Permutation(count).Take(1 + random.Below(10 + l, count)));
            var values = tensor([.. Enumerable.Range(0, count).Select(i => held[i] ? (random.Below((l * 10_000) + i, 99) - 50) / 4f : 0)]);
            return (Context: new MaskContext($"w{l}", values, new MaskMoment(40, 10, 20, 1, seed), null, held), Keep: 1L + random.Below(20 + l, count));
        }).ToArray();
        var update = MaskUpdate.SparseEvolution(2, 0.01 + (random.Below(30, 98) / 100.0));

        Assert.Equal(layers.Select(l => new SparseEvolution().Choose(l.Context, update, l.Keep)), new SparseEvolution().Choose(layers, update));
    }

    /// <summary>A weight that was just dropped may grow again, and then it never left.</summary>
    [Fact]
    public void Choose_ADroppedWeightOfTheHighestGradient_Stays()
    {
        using var scope = NewDisposeScope();
        var held = Oracle.Mark(6, [0, 1, 2, 3]);
        var context = new MaskContext("w", tensor([4f, 3, 2, 1, 0, 0]), tensor([0f, 0, 0, 9, 5, 1]), held);
        Assert.Equal(Oracle.Mark(6, [0, 1, 3, 4]), new ByGradient().Choose(context, MaskUpdate.Custom("gradient", 5, 0.5), 4));
    }

    [Property(MaxTest = 100)]
    public void Choose_ACountThatChanges_IsMet(int seed)
    {
        using var scope = NewDisposeScope();
        var random = CounterRandom.For(seed, "set");
        var count = 2 + random.Below(0, 60);
        var held = Oracle.Mark(count, CounterRandom.For(seed, "kept").Permutation(count).Take(1 + random.Below(1, count)));
        var keep = 1 + random.Below(2, count);
        Assert.Equal(keep, Next([.. Enumerable.Range(0, count).Select(i => held[i] ? i + 1f : 0)], held, new MaskMoment(5, 5, 20, 1, seed), MaskUpdate.SparseEvolution(2, 0.9), keep).Kept);
    }

    [Fact]
    public void Choose_AnotherSeedOrStep_GrowsOthersAndEachAboutAsOften()
    {
        using var scope = NewDisposeScope();
        var held = Oracle.Mark(1000, Enumerable.Range(0, 500));
        var values = Enumerable.Range(0, 1000).Select(i => i < 500 ? i + 1f : 0).ToArray();
        BitMask At(long step, long seed) => Next(values, held, new MaskMoment(step, 0, 100, 1, seed), MaskUpdate.SparseEvolution(2, 0.2), 500);

        Assert.NotEqual(At(1, 1), At(2, 1));
        Assert.NotEqual(At(1, 1), At(1, 2));

        // 400 draws of 100 of the 500 pruned and 100 dropped: 67 each on average, standard deviation 7.5; six of them on either side.
        var times = new int[500];
        for (var step = 0; step < 400; step++)
        {
            var mask = At(step, 7);
            Enumerable.Range(0, 500).ToList().ForEach(i => times[i] += mask[500 + i] ? 1 : 0);
        }

        Assert.All(times, t => Assert.InRange(t, 22, 112));
    }

    /// <summary>Another growth is one overridden member: here by the dense gradient, as RigL grows.</summary>
    [Fact]
    public void Grow_Overridden_DecidesWhatComes()
    {
        using var scope = NewDisposeScope();
        var held = Oracle.Mark(8, [0, 1, 2, 3]);
        var context = new MaskContext("w", tensor([4f, 3, 2, 1, 0, 0, 0, 0]), tensor([0f, 0, 0, 0, 1, -9, 3, 2]), held);
        var mask = new ByGradient().Choose(context, MaskUpdate.Custom("gradient", 5, 0.5), 4);
        Assert.Equal(Oracle.Mark(8, [0, 1, 5, 6]), mask);
    }

    [Fact]
    public void Session_UnderSet_RegrownWeightsStartAtZeroWithoutState()
    {
        using var net = new ToyNet(6, 8);
        using var optimizer = (TorchSharp.Modules.Adam)optim.Adam(net.parameters(), 0.01);
        var schedule = new Schedule([new Phase("sparse", Duration.Steps(12), LearningRate.Constant(0.01), SparsityCurve.Constant(0.5), new MaskRule(update: MaskUpdate.SparseEvolution(3, 0.5, 1)))]);
        using var session = new Session(schedule.On(net, 5), net, optimizer, seed: 4);
        Dictionary<string, BitMask> before = [];
        var (grown, index) = (0, net.named_parameters().Select(p => p.name).ToList());
        while (session.BeginStep())
        {
            foreach (var (name, mask) in session.Masks.Masks)
            {
                var values = ToyCase.Values(net.get_parameter(name)!);
                var state = (TorchSharp.Modules.Adam.State)optimizer.state_dict().State[index.IndexOf(name)];
                for (var i = 0; before.ContainsKey(name) && i < values.Length; i++)
                {
                    if (mask[i] && !before[name][i])
                    {
                        grown++;
                        Assert.Equal((0, 0, 0), (values[i], ToyCase.Values(state.exp_avg)[i], ToyCase.Values(state.exp_avg_sq)[i]));
                    }
                }

                before[name] = mask;
            }

            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            new ToyTask(6).Loss(net, session.Step).backward();
            session.MaskGradients();
            optimizer.step();
            session.EndStep();
        }

        Assert.True(grown > 20, $"{grown} weights were grown");
    }

    private static BitMask Next(float[] values, BitMask held, MaskMoment moment, MaskUpdate update, long keep) =>
        new SparseEvolution().Choose(new MaskContext("w", tensor(values), moment, mask: held), update, keep);

    private sealed class ByGradient : DropAndGrow
    {
        protected override Tensor Grow(MaskContext context) => context.Gradient!.abs();
    }
}
