using Dsd.Masks;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>An error in code of the user's ends the run with its record whole, and names whose code it was and when.</summary>
public sealed class ThrowingCodeTests
{
    private static readonly Schedule s_schedule = Schedule.Start()
        .Dense(Duration.Steps(3), LearningRate.Constant(0.05))
        .Sparse(Duration.Steps(3), LearningRate.Constant(0.02), SparsityCurve.Constant(0.5))
        .Build();

    [Theory]
    [InlineData("loss", "The task throwing failed in Loss of step 2: gone (ArithmeticException)")]
    [InlineData("evaluate", "The task throwing failed in Evaluate of the Validation split at step 3: gone (ArithmeticException)")]
    [InlineData("observer", "The observer failed at MaskComputed of arm dsd: gone (ArithmeticException)")]
    public void Run_CodeThatThrows_IsNamedWithItsStepAndTheRecordIsWhole(string who, string expected)
    {
        List<TrainingEvent> events = [];
        var error = Assert.ThrowsAny<DsdException>(() => Run(
            new Throwing(who == "loss" ? 2 : -9, who == "evaluate", () => new ArithmeticException("gone")),
            e =>
            {
                events.Add(e);
                if (who == "observer" && e is MaskComputed)
                {
                    throw new ArithmeticException("gone");
                }
            }));
        Assert.Equal(expected, error.Message);
        Assert.IsType<ArithmeticException>(error.InnerException);
        Assert.Equal((RunOutcome.Failed, expected), (events.OfType<RunEnded>().Single().Outcome, events.OfType<RunEnded>().Single().Message));
        Assert.True(RunRecord.Fold(events).End is not null);
    }

    [Fact]
    public void Run_ATaskIsCancelledThoughTheRunIsNot_EndsAsFailedWithWords()
    {
        List<TrainingEvent> events = [];
        var error = Assert.ThrowsAny<DsdException>(() => Run(new Throwing(2, false, () => new TaskCanceledException("too slow")), events.Add));
        Assert.Equal("The task throwing failed in Loss of step 2: too slow (TaskCanceledException) The run itself was not cancelled.", error.Message);
        Assert.Equal(RunOutcome.Failed, events.OfType<RunEnded>().Single().Outcome);
    }

    [Fact]
    public void Run_ATaskSeesTheRunsOwnCancellation_EndsAsCancelled()
    {
        using var stop = new CancellationTokenSource();
        List<TrainingEvent> events = [];
        Run(
            new Throwing(2, false, () =>
            {
                stop.Cancel();
                return new OperationCanceledException(stop.Token);
            }),
            events.Add,
            stop.Token);
        Assert.Equal((RunOutcome.Cancelled, 2L), (events.OfType<RunEnded>().Single().Outcome, events.OfType<RunEnded>().Single().Step));
    }

    [Fact]
    public void Run_AnObserverThatThrowsAgainAtTheEnd_DoesNotHideItsFirstError()
    {
        List<string> ends = [];
        using var net = new ToyNet(3, 4);
        var error = Assert.ThrowsAny<DsdException>(() => FairComparison.Run([Arm.Dsd(s_schedule), Arm.Control(s_schedule)], net, new ToyTask(3), observer: (arm, e) =>
        {
            if (e is RunEnded)
            {
                ends.Add(arm.Name);
                throw new FormatException("second");
            }

            if (e is PhaseEnded)
            {
                throw new ArithmeticException("first");
            }
        }));
        Assert.Equal("The observer failed at PhaseEnded of arm dsd: first (ArithmeticException)", error.Message);
        Assert.Equal(["dsd", "control"], ends);
    }

    [Theory]
    [InlineData("throws", "The score function 'mine' failed for net.fc1.weight at step 3: gone (ArithmeticException)")]
    [InlineData("libtorch", "The score function 'mine' failed for net.fc1.weight at step 3: The size of tensor a")]
    [InlineData("complex", "The score function 'mine' returned a complex tensor for net.fc1.weight; scores must be real numbers in a dense tensor, since complex ones have no order")]
    [InlineData("sparse", "The score function 'mine' returned a sparse tensor for net.fc1.weight; scores must be real numbers in a dense tensor: return scores.to_dense()")]
    public void Run_AScoreFunctionThatFails_IsNamedWithLayerAndStep(string how, string expected)
    {
        var schedule = Schedule.Start()
            .Dense(Duration.Steps(3), LearningRate.Constant(0.05))
            .Sparse(Duration.Steps(3), LearningRate.Constant(0.02), SparsityCurve.Constant(0.5), mask: new MaskRule(MaskCriterion.Custom("mine")))
            .Build();
        var methods = MaskMethods.None.WithCriterion("mine", w => how switch
        {
            "throws" => throw new ArithmeticException("gone"),
            "libtorch" => w.Weight + zeros(2, 3, 5),
            "complex" => w.Weight.to(ScalarType.ComplexFloat32),
            _ => w.Weight.to_sparse(),
        });
        using var net = new ToyNet(3, 4);
        var message = Assert.ThrowsAny<DsdException>(() => Trainer.Run(schedule.On(net, 5, methods), net, new ToyTask(3), new TrainerSettings(methods: methods), _ => { })).Message;
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static void Run(ITrainingTask task, Action<TrainingEvent> observer, CancellationToken cancellation = default)
    {
        using var net = new ToyNet(3, 4);
        Trainer.Run(s_schedule.On(net, 5), net, task, null, observer, cancellation: cancellation);
    }

    private sealed class Throwing(long step, bool inEvaluate, Func<Exception> error) : ITrainingTask
    {
        private readonly ToyTask _toy = new(3);

        public string Name => "throwing";

        public int StepsPerEpoch => 5;

        public Tensor Loss(nn.Module model, long at) => at == step ? throw error() : _toy.Loss(model, at);

        public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => inEvaluate ? throw error() : _toy.Evaluate(model, split);
    }
}
