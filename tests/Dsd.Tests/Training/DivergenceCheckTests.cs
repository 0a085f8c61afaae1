using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Testing;
using Dsd.Tests.Optimizers;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

/// <summary>A gradient or a weight that is not finite ends the step that made it, by name, under every optimiser.</summary>
public sealed class DivergenceCheckTests
{
    private const int Bad = 4;

    public static TheoryData<int> Optimizers => [.. Enumerable.Range(0, Generators.Optimizers.Count)];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Run_AGradientOfTheLastStepIsNaN_FailsThereByName(int optimizer)
    {
        foreach (double? clip in new double?[] { null, 1 })
        {
            var (error, end) = Fail(Generators.Optimizers[optimizer], clip, new Spoilt("net.fc2.weight", p => p.grad!.fill_(float.NaN)));
            Assert.Equal((Bad, "net.fc2.weight"), (error.Step, error.Parameter));
            Assert.Contains("Training has diverged at step 4: the gradient of net.fc2.weight holds NaN at [0, 0]", error.Message, StringComparison.Ordinal);
            Assert.Equal((RunOutcome.Failed, error.Message, (long)Bad), (end!.Outcome, end.Message, end.Step));
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Run_AnUpdateOverflows_FailsThereByName(int optimizer)
    {
        var (error, end) = Fail(Generators.Optimizers[optimizer], null, new Spoilt("net.fc3.bias", p => p.fill_(float.PositiveInfinity)));
        Assert.Equal((Bad, "net.fc3.bias"), (error.Step, error.Parameter));
        Assert.Contains("Training has diverged at step 4: net.fc3.bias holds ", error.Message, StringComparison.Ordinal);
        Assert.Equal((RunOutcome.Failed, (long)Bad), (end!.Outcome, end.Step));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void Loop_OfOnesOwn_FailsAtTheStepThatSpoiltTheWeights(bool isOurs, bool masksGradients)
    {
        using var net = new ToyNet(3, 4);
        using var optimizer = isOurs ? OptimizerSettings.Default.Create(net.parameters(), 0.1) : optim.Adagrad(net.parameters(), 0.1);
        using var session = new Session(Schedule.Start().Sparse(Duration.Steps(9), LearningRate.Constant(0.05), SparsityCurve.Constant(0.5)).Build().On(net, 5), net, optimizer);
        var error = Assert.Throws<DivergedException>(() => ToyCase.Drive(session, net, optimizer, new ToyTask(3), masksGradients: masksGradients, beforeOptimizer: () =>
        {
            if (session.Step == Bad)
            {
                using var guard = no_grad();
                net.get_parameter("net.fc3.weight")!.grad!.fill_(float.NaN);
            }
        }));
        Assert.Equal((Bad, "net.fc3.weight"), (error.Step, error.Parameter));
    }

    [Fact]
    public void Step_InAnyWidthAndPlace_SeesOneBadWeight()
    {
        foreach (var width in new[] { VectorWidth.Scalar, VectorWidth.Bits128, VectorWidth.Bits256, VectorWidth.Bits512 })
        {
            foreach (var place in new[] { 0, 1, 15, 16, 63, 64, 70_000, 70_018 })
            {
                foreach (var bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
                {
                    using TorchSharp.Modules.Parameter fine = new(ones(70_019)), p = new(ones(70_019));
                    using var optimizer = new MaskedSgd([fine, p], 0.1, momentum: 0.9);
                    StepCase.Compute(optimizer, width);
                    (fine.grad, p.grad) = (ones(70_019), ones(70_019));
                    optimizer.step();
                    Assert.Null(optimizer.Pass.NonFinite);
                    p.grad![place] = bad;
                    optimizer.step();
                    Assert.Same(p, optimizer.Pass.NonFinite);
                }
            }
        }
    }

    [Fact]
    public unsafe void Scan_AnyLengthAndPlace_SeesOneBadValue()
    {
        foreach (var length in new[] { 0, 1, 7, 33, 1000, 65_536, 200_003 })
        {
            var values = new float[length];
            Array.Fill(values, -float.MaxValue);
            fixed (float* memory = values)
            {
                Assert.True(FiniteScan.IsFinite(memory, length));
                foreach (var place in new[] { 0, length / 2, length - 1 }.Where(i => i >= 0 && i < length).Distinct())
                {
                    foreach (var bad in new[] { float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity })
                    {
                        values[place] = bad;
                        Assert.False(FiniteScan.IsFinite(memory, length));
                    }

                    values[place] = -0f;
                    Assert.True(FiniteScan.IsFinite(memory, length));
                }
            }
        }
    }

    private static (DivergedException Error, RunEnded? End) Fail(OptimizerSettings optimizer, double? clip, IStepHook hook)
    {
        using var net = new ToyNet(3, 4);
        RunEnded? end = null;
        var schedule = Schedule.Start().Dense(Duration.Steps(2), LearningRate.Constant(0.05)).Sparse(Duration.Steps(Bad - 1), LearningRate.Constant(0.02), SparsityCurve.Constant(0.5)).Build();
        var error = Assert.Throws<DivergedException>(() => Trainer.Run(schedule.On(net, 5), net, new Unwatched(), new TrainerSettings(optimizer: optimizer, gradientClip: clip, stepHook: hook), e => end = e as RunEnded));
        return (error, end);
    }

    /// <summary>Spoils a parameter or its gradient before the update of one step.</summary>
    private sealed class Spoilt(string name, Action<TorchSharp.Modules.Parameter> spoil) : IStepHook
    {
        public void BeforeUpdate(nn.Module model, long step)
        {
            if (step == Bad)
            {
                using var guard = no_grad();
                spoil(model.get_parameter(name)!);
            }
        }
    }

    /// <summary>A task whose evaluation notices nothing.</summary>
    private sealed class Unwatched : ITrainingTask
    {
        private readonly ToyTask _toy = new(3);

        public string Name => "unwatched";

        public int StepsPerEpoch => 5;

        public Tensor Loss(nn.Module model, long step) => _toy.Loss(model, step);

        public ValueList<MetricValue> Evaluate(nn.Module model, DataSplit split) => [Metric.Accuracy.Of(0.5), Metric.Loss.Of(1)];
    }
}
