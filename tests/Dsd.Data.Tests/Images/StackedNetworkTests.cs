using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Images;

/// <summary>The law of seeds as a dimension on networks and data of the catalogue: each seed in a stack is the seed alone, within rounding.</summary>
public class StackedNetworkTests
{
    private const int Seeds = 3;

    // After nine steps; rounding errors of 32-bit floats grow from step to step, most in the deepest network.
    [Theory]
    [InlineData("lenet-300-100", false, 1e-5)]
    [InlineData("lenet-300-100", true, 1e-4)]
    [InlineData("lenet-5", false, 1e-5)]
    [InlineData("resnet-20", false, 1e-3)]
    public void Run_SeedsOfACatalogueNetworkAtOnce_IsEachSeedAlone(string name, bool adam, double rounding)
    {
        using var scope = NewDisposeScope();
        var side = name == "resnet-20" ? 8 : 28;
        var data = Tiny.Dataset(channels: 1, height: side, width: side);
        var schedule = Schedule.Dsd(Duration.Steps(3), Duration.Steps(3), Duration.Steps(3), 0.5, 0.01);
        var settings = Enumerable.Range(0, Seeds).Select(seed => new TrainerSettings(seed, adam ? OptimizerSettings.Adam(epsilon: 1e-3) : OptimizerSettings.Sgd(), logEverySteps: 1)).ToList();
        var (events, eventsAlone) = (Lists(), Lists());
        var seeds = Enumerable.Range(0, Seeds).Select(i => new StackedSeed(Create(name, i), Task(data, i), settings[i], events[i].Add)).ToList();
        var plan = schedule.On(seeds[0].Model, seeds[0].Task.StepsPerEpoch);
        Assert.Null(StackedRun.Obstacle(seeds));

        using (var run = new StackedRun(plan, seeds))
        {
            run.RunTo(plan.TotalSteps, default);
            run.Complete();
            Assert.All(run.Failures, Assert.Null);
        }

        for (var i = 0; i < Seeds; i++)
        {
            var alone = Create(name, i);
            using var run = new TrainingRun(plan, alone, Task(data, i), settings[i], eventsAlone[i].Add, (_, _) => { });
            run.RunTo(plan.TotalSteps, default);
            run.Complete();

            Assert.Equal(eventsAlone[i].Select(e => e.GetType()), events[i].Select(e => e.GetType()));
            Assert.Equal(Kept(eventsAlone[i]), Kept(events[i]));
            Assert.All(Losses(eventsAlone[i]).Zip(Losses(events[i])), l => Assert.Equal(l.First, l.Second, 10 * rounding));
            var weights = seeds[i].Model.state_dict();
            Assert.All(alone.state_dict(), t =>
            {
                var (a, b) = (t.Value.detach().to(float64), weights[t.Key].detach().to(float64));
                var difference = (a - b).norm().item<double>();
                Assert.True(difference <= rounding * (1 + a.norm().item<double>()), $"{t.Key}: a difference of {difference}");
            });
        }
    }

    private static List<List<TrainingEvent>> Lists() => [.. Enumerable.Range(0, Seeds).Select(_ => new List<TrainingEvent>())];

    private static ImageClassification Task(ImageDataset data, int seed) => new(data, 8, seed);

    private static nn.Module Create(string name, int seed)
    {
        manual_seed(seed);
        return ModelCatalog.Get(name).Create(1, 10);
    }

    private static IEnumerable<string> Kept(List<TrainingEvent> events) =>
        events.OfType<PhaseEnded>().Select(e => string.Join(' ', e.Layers.Select(l => $"{l.Parameter} {l.Kept}")));

    private static IEnumerable<double> Losses(List<TrainingEvent> events) => events.OfType<StepSampled>().Select(e => e.Loss);
}
