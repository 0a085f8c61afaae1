using Dsd.Execution;
using Dsd.Masks;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck.Xunit;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>Masks of one phase are nested unless they may regrow; what comes back comes back by the magnitude that it had when it was pruned.</summary>
public sealed class NestedMaskTests
{
    [Property(MaxTest = 100)]
    public void Updates_OfOnePhase_AreNestedUnlessTheyMayRegrow(int seed)
    {
        var c = new ToyCase(seed);
        var rises = c.Pick(31, 0, 2);
        var curve = new[] { SparsityCurve.Linear(0.2, 0.9), SparsityCurve.Constant(0.5), SparsityCurve.Linear(0.9, 0.2) }[rises];
        var criterion = c.Pick(32, 0, 2) switch { 0 => MaskCriterion.Magnitude, 1 => MaskCriterion.Random(seed), _ => MaskCriterion.Custom("dice") };
        foreach (var choice in Train(c, curve, criterion, mayRegrow: false))
        {
            Assert.True(rises == 2 || choice.Mask.CountKeptOnlyHere(choice.Before) == 0, $"{choice.Name} reopened weights while its sparsity did not fall");
            Assert.True(rises == 0 || choice.Before.CountKeptOnlyHere(choice.Mask) == 0, $"{choice.Name} lost weights while its sparsity did not rise");
        }
    }

    [Property(MaxTest = 100)]
    public void Updates_OfAFallingRamp_RegrowByRememberedMagnitude(int seed)
    {
        var c = new ToyCase(seed);
        var isGlobal = c.Pick(33, 0, 1) == 0;
        var criterion = c.Pick(32, 0, 1) == 0 ? MaskCriterion.Magnitude : MaskCriterion.Custom("dice");
        var choices = Train(c, SparsityCurve.Linear(0.9, 0.2), criterion, mayRegrow: false, isGlobal);
        foreach (var ranking in choices.GroupBy(x => (x.Step, isGlobal ? "" : x.Name)))
        {
            var pruned = ranking.SelectMany(x => Enumerable.Range(0, x.Remembered.Length).Where(i => !x.Before[i]).Select(i => (IsBack: x.Mask[i], Magnitude: Math.Abs(x.Remembered[i])))).ToList();
            Assert.True(
                !pruned.Any(p => p.IsBack) || !pruned.Any(p => !p.IsBack) || pruned.Where(p => p.IsBack).Min(p => p.Magnitude) >= pruned.Where(p => !p.IsBack).Max(p => p.Magnitude),
                $"{ranking.Key}: a smaller one came back before a larger one");
        }

        Assert.Contains(choices, x => x.Mask.CountKeptOnlyHere(x.Before) > 0);
    }

    [Property(MaxTest = 60)]
    public void Updates_ThatMayRegrow_RankAllWeights(int seed)
    {
        var c = new ToyCase(seed);
        var byMagnitude = c.Pick(32, 0, 1) == 0;
        foreach (var x in Train(c, SparsityCurve.Linear(0.3, 0.6), byMagnitude ? MaskCriterion.Magnitude : MaskCriterion.Custom("dice"), mayRegrow: true))
        {
            var ranks = byMagnitude
                ? [.. x.Remembered.Zip(x.Weights).Select((v, i) => Math.Abs(x.Before[i] ? v.Second : v.First))]
                : Dice(x.Name, x.Step, x.Remembered.Length);
            var least = Enumerable.Range(0, ranks.Length).Where(i => x.Mask[i]).Min(i => ranks[i]);
            Assert.All(Enumerable.Range(0, ranks.Length), i => Assert.True(x.Mask[i] || ranks[i] <= least));
        }
    }

    [Fact]
    public void Updates_WithTiesAtZero_StayNested()
    {
        using var linear = nn.Linear(8, 1, hasBias: false);
        using (no_grad())
        {
            linear.weight!.copy_(tensor([1f, 5, 2, 6, 3, 7, 4, 8]).view(1, 8));
        }

        using var optimizer = optim.SGD(linear.parameters(), 0.1);
        var phase = new Phase("sparse", Duration.Steps(3), LearningRate.Constant(0.1), SparsityCurve.Linear(0.5, 0.75), new MaskRule(update: MaskUpdate.Every(2)));
        using var session = new Session(new Schedule([phase]).On(linear, 5), linear, optimizer);
        while (session.BeginStep())
        {
            optimizer.zero_grad();
            linear.call(ones(1, 8)).sum().backward();
            session.MaskGradients();
            session.EndStep();
            using (no_grad())
            {
                // What is kept is as small now as what is pruned, and lies behind it.
                linear.weight!.zero_();
            }
        }

        Assert.Equal([1, 3], Enumerable.Range(0, 8).Where(i => session.Masks.Masks["weight"][i]));
    }

    [Theory]
    [InlineData(0.2, 0.8, false, false)]
    [InlineData(0.5, 0.5, false, false)]
    [InlineData(0.8, 0.2, false, true)]
    [InlineData(0.5, 0.5, true, true)]
    public void PrunedValues_AreRememberedOnlyWhereSomethingMayComeBack(double from, double to, bool mayRegrow, bool expected)
    {
        using var net = new ToyNet(4, 6);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        var phase = new Phase("sparse", Duration.Steps(4), LearningRate.Constant(0.1), SparsityCurve.Linear(from, to), new MaskRule(update: MaskUpdate.Every(2, mayRegrow)));
        using var session = new Session(new Schedule([phase]).On(net, 5), net, optimizer);
        session.BeginStep();
        using (NewDisposeScope())
        {
            new ToyTask(4).Loss(net, 0).backward();
        }

        session.MaskGradients();
        session.EndStep();
        using var state = session.Capture();

        Assert.Equal(expected, state.Masks.PrunedValues.Count > 0);
    }

    private static List<Choice> Train(ToyCase c, SparsityCurve curve, MaskCriterion criterion, bool mayRegrow, bool? isGlobal = null)
    {
        using var net = c.Net();
        using var optimizer = c.Create(net);
        var spread = isGlobal ?? c.Pick(34, 0, 1) == 0 ? SparsityDistribution.Global : SparsityDistribution.Uniform;
        var phase = new Phase("sparse", Duration.Steps(11), LearningRate.Constant(0.05), curve, new MaskRule(criterion, spread, update: MaskUpdate.Every(2, mayRegrow)), regrownWeights: c.RegrownWeights);
        var choices = new List<Choice>();
        var weights = ToyCase.Weights(net);
        Dictionary<string, float[]> remembered = [];
        Dictionary<string, BitMask> before = [];
        Session? session = null;
        session = new Session(
            new Schedule([new Phase("dense", Duration.Steps(2), LearningRate.Constant(0.05)), phase]).On(net, 5),
            net,
            optimizer,
            e =>
            {
                if (e is not MaskComputed computed)
                {
                    return;
                }

                foreach (var (name, mask) in session!.Masks.Masks)
                {
                    var old = before.GetValueOrDefault(name) ?? BitMask.All(mask.Count);
                    var values = remembered.GetValueOrDefault(name) ?? new float[mask.Count];
                    if (before.ContainsKey(name))
                    {
                        choices.Add(new(name, computed.Step, old, mask, [.. values], weights[name]));
                    }

                    remembered[name] = [.. values.Select((v, i) => old[i] && !mask[i] ? weights[name][i] : v)];
                    before[name] = mask;
                }
            },
            MaskMethods.None.WithCriterion("dice", w => tensor(Dice(w.Name, session!.Step, (int)w.Weight.numel())).view(w.Weight.shape)));
        ToyCase.Drive(session, net, optimizer, c.Task(), _ => weights = ToyCase.Weights(net));
        session.Dispose();
        return choices;
    }

    private static float[] Dice(string name, long step, int count)
    {
        var random = CounterRandom.For(step, name);
        return [.. Enumerable.Range(0, count).Select(i => (float)random.Normal(i))];
    }

    /// <summary>One choice of one layer's mask, after the first: what held before, what pruned weights were when they were pruned, and the weights then.</summary>
    private sealed record Choice(string Name, long Step, BitMask Before, BitMask Mask, float[] Remembered, float[] Weights);
}
