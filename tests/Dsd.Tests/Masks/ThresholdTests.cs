using Dsd.Masks;
using Dsd.Schedules;
using Dsd.Tests.Training;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks;

public class ThresholdTests
{
    private const string Layer = "net.fc2.weight";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InDeviations_UpdatedWhileWeightsRest_PrunesNothingMore(bool mayRegrow)
    {
        using var net = new ToyNet(4, 16, norm: false);
        var values = ToyCase.Values(net.get_parameter(Layer)!);
        var mean = values.Average(v => (double)v);
        var threshold = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        var kept = Enumerable.Range(0, 256).Where(i => Math.Abs(values[i]) >= threshold).ToList();
        Assert.InRange(kept.Count, 20, 236);

        var masks = new List<BitMask>();
        Rest(net, Scheduled(MaskCriterion.ThresholdInDeviations(1), MaskUpdate.Every(1, mayRegrow)), session => masks.Add(session.Masks.Masks[Layer]));

        Assert.Equal(6, masks.Count);
        Assert.All(masks, mask => Assert.Equal(kept, Enumerable.Range(0, 256).Where(i => mask[i])));
    }

    [Fact]
    public void InDeviations_WhenKeptWeightsGrow_KeepsTheThresholdOfThePhase()
    {
        using var net = new ToyNet(4, 16, norm: false);
        var masks = new List<BitMask>();
        Rest(net, Scheduled(MaskCriterion.ThresholdInDeviations(1), MaskUpdate.Every(1, mayRegrow: true)), session =>
        {
            using var guard = no_grad();
            masks.Add(session.Masks.Masks[Layer]);
            var weight = net.get_parameter(Layer)!;
            weight[0].mul_(100);
        });

        Assert.All(masks, mask => Assert.Equal(masks[0], mask));
    }

    [Fact]
    public void InDeviations_OfTheNextPhase_IsOfTheWeightsThere()
    {
        using var net = new ToyNet(4, 16, norm: false);
        var rule = new MaskRule(MaskCriterion.ThresholdInDeviations(1));
        var phase = new Phase(null, Duration.Steps(2), LearningRate.Constant(0.1), SparsityCurve.Constant(0.99), rule, regrownWeights: RegrownWeights.Restored);
        var (masks, dense) = (new List<BitMask>(), new Phase(null, Duration.Steps(1), LearningRate.Constant(0.1)));
        Rest(net, new Schedule([phase, dense, phase]), session =>
        {
            using var guard = no_grad();
            if (session.Masks.Masks.TryGetValue(Layer, out var mask))
            {
                masks.Add(mask);
            }
            else
            {
                net.get_parameter(Layer)!.mul_(3);
            }
        });

        // All weights are three times as large, and so is the threshold.
        Assert.Equal(masks[0], masks[2]);
    }

    [Fact]
    public void InDeviations_StoppedBetweenUpdates_GoesOnWithTheSameThreshold()
    {
        using var net = new ToyNet(4, 16, norm: false);
        var plan = Scheduled(MaskCriterion.ThresholdInDeviations(1), MaskUpdate.Every(2, mayRegrow: true)).On(net, 5);
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        Dsd.Checkpoints.TrainingState? state = null;
        using (var session = new Session(plan, net, optimizer))
        {
            ToyCase.Drive(session, net, optimizer, new ToyTask(4), after: step => state = step == 2 ? session.CaptureAll() : state);
        }

        using (state)
        {
            var deviation = state!.Session.Masks.Remembered[$"criterion {Layer}"]["deviation"]!;
            Assert.Equal((ScalarType.Float64, 1L), (deviation.dtype, deviation.numel()));
        }
    }

    private static Schedule Scheduled(MaskCriterion criterion, MaskUpdate update) =>
        new([new Phase("sparse", Duration.Steps(6), LearningRate.Constant(0.1), SparsityCurve.Constant(0.99), new MaskRule(criterion, update: update), LayerScope.Default.Keep("*").Prune("net.fc2"))]);

    /// <summary>Steps without an update of weights.</summary>
    private static void Rest(ToyNet net, Schedule schedule, Action<Session> each)
    {
        using var optimizer = optim.SGD(net.parameters(), 0.1);
        using var session = new Session(schedule.On(net, 5), net, optimizer);
        var task = new ToyTask(4);
        while (session.BeginStep())
        {
            each(session);
            optimizer.zero_grad();
            task.Loss(net, session.Step).backward();
            session.MaskGradients();
            session.EndStep();
        }
    }
}
