using System.Runtime.CompilerServices;
using Dsd.Execution;
using Dsd.Models;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Captions;

[Trait("Tier", "slow")]
public class FullSizeTests
{
    static FullSizeTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Fact]
    public void Run_NeuralTalkOfFlickr8KsSize_TrainsThreeStepsInEachPhaseWithThePlansMasks()
    {
        manual_seed(1);
        var data = new CaptionDataset("full size", Part("a", 300), Part("b", 2), Part("c", 2));
        Assert.Equal(2538, data.Vocabulary.Count);
        using var model = new NeuralTalk();
        Assert.Equal(model.parameters().Sum(p => p.numel()), NeuralTalk.Shape(4096, data.Vocabulary.Count).Count);
        var schedule = Schedule.Dsd(Duration.Steps(3), Duration.Steps(3), Duration.Steps(3), 0.8, 0.01);
        var task = data.Task(100, 1);
        var record = Trainer.Run(schedule.On(model, task.StepsPerEpoch), model, task, new(optimizer: OptimizerSettings.RmsProp(), gradientClip: 5));

        Assert.Equal((RunOutcome.Completed, 9L), (record.End!.Outcome, record.End.Step));
        Assert.Equal(
            ["image.weight 209715 of 1048576", "lstm.weight_ih 52429 of 262144", "lstm.weight_hh 52429 of 262144", "decoder.weight 129946 of 649728"],
            record.Phases[1].Masks[0].Layers.Select(l => $"{l.Parameter} {l.Kept} of {l.Weights}"));
        Assert.All(record.Evaluations.Concat(record.Phases.SelectMany(p => p.Evaluations)).SelectMany(e => e.Metrics), m => Assert.True(double.IsFinite(m.Value), m.Name));
    }

    /// <summary>Images of five captions of ten words each, so that all of 2,537 words come at least five times in 300 of them.</summary>
    private static CaptionSplit Part(string name, int count)
    {
        var random = CounterRandom.For(1, name);
        return new(
            [.. Enumerable.Range(0, count * 4096).Select(i => (float)Math.Max(0, random.Normal(i)))],
            4096,
            [.. Enumerable.Range(0, count).Select(i => new CaptionedImage(
                $"{name}{i}", [.. Enumerable.Range(0, 5).Select(c => Enumerable.Range(0, 10).Select(w => $"w{((((i * 5) + c) * 10) + w) % 2537}").ToArray())]))]);
    }
}
