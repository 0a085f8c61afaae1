using System.Runtime.CompilerServices;
using Dsd.Models;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Tests.Torch;
using Dsd.Torch;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

/// <summary>Recorded steps of a recurrent language model, tried without a GPU: the recording is carried out anew at each replay, so that it shows whatever it reads from elsewhere.</summary>
public sealed class RecordedTextTests
{
    private readonly List<GraphOnCpu> _recordings = [];

    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static RecordedTextTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [SkippableTheory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Train_CharLstmWithRecordedSteps_HasTheBitsOfStepsOneByOne(bool adam, bool keepsOnDevice)
    {
        Skip.IfNot(KernelsOnCpu.IsAvailable, "no g++ of version 11 or later");
        var (expected, losses) = Train(adam, keepsOnDevice, null);

        var (actual, recorded) = Train(adam, keepsOnDevice, () =>
        {
            _recordings.Add(new GraphOnCpu());
            return _recordings[^1];
        });

        Assert.Equal(expected, actual);
        Assert.Equal(Losses(losses), Losses(recorded));

        // Two graphs a step, but for the first three, the last of the dense phase, and the first and last of the sparse one.
        Assert.Equal(2 * (28 - 6), _recordings.Sum(r => r.Replays));
        Assert.DoesNotContain(recorded.OfType<StepSampled>(), s => s.ComputedOtherwise is not null);
    }

    [Fact]
    public void ObstacleOf_CharLstm_IsNone()
    {
        using var model = new CharLstm(26, 26);
        using var optimizer = new MaskedSgd(model.parameters(), 0.1);

        Assert.Null(RecordedStep.ObstacleOf(model, Task(0), optimizer, new TrainerSettings { Graphs = () => new GraphOnCpu() }, CPU));
    }

    [Fact]
    public void Study_OfCharLstm_TrainsSeedsOneAfterAnotherAndSaysWhy()
    {
        using var folder = new TempFolder();
        var source = StudySource.Of(() => new CharLstm(26, 26), seed => Task(seed));
        var study = new Study("own", source.Config, [new StudyVariant("half", Schedule.Start().Dense(Duration.Steps(2), LearningRate.Constant(0.1)).Build())], [StudyArm.Dsd], [1, 2]);

        Assert.Equal(
            ["Seeds are trained one after another: char-lstm: layer 'lstm' is an LSTM, which libtorch computes for one network alone."],
            new SeedsAtOnce(2).Preview(StudyPlan.Resolve(study, source), source).Select(p => p.ToString()));
        Assert.Equal(2, study.Run(folder.Root, source, Observer.None, seedsAtOnce: 2).Trials.Count());
    }

    private static LanguageModelling Task(long seed, bool? keepsOnDevice = null)
    {
        const string letters = "abcdefghijklmnopqrstuvwxyz";
        var random = CounterRandom.For(3, "text");
        var text = letters + string.Concat(Enumerable.Range(0, 400).Select(i => letters[random.Below(i, 26)]));
        return new(new("letters", [new("a", text)], [new("b", text[..90])], [new("c", text[50..])], windowLength: 6), 4, seed) { KeepsOnDevice = keepsOnDevice };
    }

    private static ((string Name, string Values)[] Weights, List<TrainingEvent> Events) Train(bool adam, bool keepsOnDevice, Func<IStepGraph>? graphs)
    {
        FusedStep.OfCpu.Value = graphs is null ? null : StepKernelsOnCpu.Fused();
        try
        {
            manual_seed(5);
            using var model = new CharLstm(26, 26);
            var events = new List<TrainingEvent>();
            var schedule = Schedule.Start()
                .Dense(Duration.Steps(14), LearningRate.Cosine(0.1, 0.01))
                .Sparse(Duration.Steps(14), LearningRate.Constant(0.01), SparsityCurve.Constant(0.5))
                .Build();
            var settings = new TrainerSettings(1, adam ? OptimizerSettings.Adam(0.001) : OptimizerSettings.Sgd(0.9, 0.001), logEverySteps: 5) { Graphs = graphs };
            var task = Task(1, keepsOnDevice);
            Trainer.Run(schedule.On(model, task.StepsPerEpoch), model, task, settings, events.Add);
            return ([.. model.state_dict().OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, Convert.ToHexString(s.Value.bytes)))], events);
        }
        finally
        {
            FusedStep.OfCpu.Value = null;
        }
    }

    private static List<double> Losses(List<TrainingEvent> events) => events.OfType<StepSampled>().Select(s => s.Loss).ToList();
}
