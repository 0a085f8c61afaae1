using System.Diagnostics;
using Dsd.Benchmarks;
using Dsd.Data;
using Dsd.Models;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>Runs whose steps are recorded as CUDA graphs, beside runs whose steps are computed one by one.</summary>
internal sealed class CaptureStage : IStage
{
    private const int Inputs = 256;
    private const int Batch = 32;

    public string Name => "capture";

    public string Summary => "runs with recorded steps have the bits of runs without; steps a second of both";

    public int LimitSeconds => 60;

    public void Run(StageContext context)
    {
        context.ComputeAlike();
        var features = Features();
        var letters = Letters(context);
        var images = RandomImages.Make(640, 1, 28, 28, 10);
        foreach (var (name, make, task) in new (string, Func<nn.Module<Tensor, Tensor>>, ITrainingTask)[]
        {
            ("20 layers of 256", () => Deep(20), features),
            ("with norms and dropout", Mixed, features),
            ("char-lstm", () => new CharLstm(letters.Symbols.Count, letters.Symbols.Count), letters),
            ("lenet-300-100, images from the host", static () => new LeNet300100(), new ImageClassification(images, Batch, seed: 1, device: context.Device) { KeepsOnDevice = false }),
        })
        {
            var steps = context.Pick(300, 60);
            var apart = Train(context, make, task, StepCapture.Off, steps);
            var recorded = Train(context, make, task, context.IsOnCuda ? StepCapture.Automatic : StepCapture.On, steps);
            context.Require($"{name}: bits", Bits.AreSame(apart.Weights, recorded.Weights), $"the largest difference {Bits.LargestDifference(recorded.Weights, apart.Weights):G3}");
            context.Require($"{name}: recorded", (recorded.Note is null) == context.IsOnCuda, recorded.Note ?? "no obstacle");
            context.Measure($"{name}: one by one", apart.StepsASecond, "steps/s");
            context.Measure($"{name}: recorded", recorded.StepsASecond, "steps/s", FormattableString.Invariant($"{recorded.StepsASecond / apart.StepsASecond:0.0} times as many"));
        }
    }

    private static nn.Module<Tensor, Tensor> Deep(int layers) =>
        nn.Sequential([.. Enumerable.Range(0, layers).SelectMany(i => new (string, nn.Module<Tensor, Tensor>)[] { ($"fc{i}", nn.Linear(Inputs, Inputs)), ($"act{i}", nn.ReLU()) }), ("out", nn.Linear(Inputs, 10))]);

    private static nn.Module<Tensor, Tensor> Mixed() =>
        nn.Sequential(("fc1", nn.Linear(Inputs, 128)), ("bn", nn.BatchNorm1d(128)), ("act", nn.ReLU()), ("drop", nn.Dropout(0.3)), ("fc2", nn.Linear(128, 10)));

    private static SupervisedTask Features()
    {
        _ = manual_seed(1);
        var examples = Examples.Of(randn(Batch * 20, Inputs), randint(10, [Batch * 20], dtype: ScalarType.Int64));
        return SupervisedTask.Of(examples, examples, examples, LossFunction.CrossEntropy, Batch, seed: 1);
    }

    private static LanguageModelling Letters(StageContext context)
    {
        var random = CounterRandom.For(1, "letters");
        var text = string.Concat(Enumerable.Range(0, 16_000).Select(i => (char)('a' + random.Below(i, 26))));
        return LanguageModelling.Of([text], [text[..600]], [text[..600]], batchSize: context.Pick(64, 8), seed: 1, windowLength: context.Pick(64, 16), device: context.Device);
    }

    private static (float[] Weights, double StepsASecond, string? Note) Train(StageContext context, Func<nn.Module<Tensor, Tensor>> make, ITrainingTask task, StepCapture capture, int steps)
    {
        _ = manual_seed(2);
        using var network = make().to(context.Device);
        var rate = LearningRate.Constant(0.001);
        var schedule = Schedule.Start().Dense(Duration.Steps(steps), rate).Sparse(Duration.Steps(steps), rate, SparsityCurve.Constant(0.8)).Dense(Duration.Steps(steps), rate).Build();
        var events = new List<TrainingEvent>();
        var clock = Stopwatch.StartNew();
        _ = Trainer.Run(schedule.On(network, task.StepsPerEpoch), network, task, new TrainerSettings(1, OptimizerSettings.Sgd(), logEverySteps: 50, readTest: false, capture: capture), events.Add);
        context.Synchronize();
        var note = events.OfType<RunStarted>().Select(s => s.Computation).Concat(events.OfType<StepSampled>().SelectMany(s => s.ComputedOtherwise ?? [])).FirstOrDefault(c => c.Contains("recorded", StringComparison.Ordinal));
        return ([.. network.state_dict().Values.SelectMany(Bits.Of)], 3 * steps / clock.Elapsed.TotalSeconds, note);
    }
}
