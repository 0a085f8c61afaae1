using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

public class ExampleBatchesTests
{
    [Property(MaxTest = 60)]
    public void Batch_OfResidentExamples_HasTheBitsOfTheHost(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var data = Data(random);
        var batch = random.Next(1, data.Train.Count + 1);
        var (host, resident) = (Task(data, batch, seed, keeps: false), Task(data, batch, seed, keeps: true));
        using var model = nn.Linear(3, 4);

        foreach (var step in Enumerable.Range(0, 8).Select(_ => random.NextInt64(3L * host.StepsPerEpoch)).Concat([0, random.NextInt64(1_000_000)]))
        {
            Assert.Equal(ToyCase.Values(host.Loss(model, step)), ToyCase.Values(resident.Loss(model, step)));
            var (expected, labels, highest) = host.Batches.Batch(step, CPU);
            var (inputs, targets, same) = resident.Batches.Batch(step, CPU);
            Assert.Equal(ToyCase.Values(expected), ToyCase.Values(inputs));
            Assert.Equal(labels.data<long>().ToArray(), targets.data<long>().ToArray());
            Assert.Equal(highest, same);
        }
    }

    [Property(MaxTest = 30)]
    public void Evaluate_OfResidentExamples_HasTheDigitsOfTheHost_AndInOtherBatchesWithinRounding(int seed)
    {
        var random = new Random(seed);
        var data = Data(random);
        var batch = random.Next(1, data.Train.Count + 1);
        manual_seed(seed);
        using var model = nn.Linear(3, 4);
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            var expected = Task(data, batch, seed, keeps: false).Evaluate(model, split);
            Assert.Equal(expected, Task(data, batch, seed, keeps: true).Evaluate(model, split));
            var inOthers = Task(data, batch, seed, keeps: true, atOnce: random.Next(1, 50)).Evaluate(model, split);
            Assert.Equal(expected[0], inOthers[0]);
            Assert.Equal(expected[1].Value, inOthers[1].Value, 1e-5);
        }
    }

    [Fact]
    public void Run_OfResidentExamples_HasTheBitsOfTheHost()
    {
        var data = Data(new Random(1));
        Assert.Equal(Run(false), Run(true));

        (string, ValueList<MetricValue>) Run(bool keeps)
        {
            manual_seed(1);
            using var model = nn.Sequential(("a", nn.Linear(3, 4)), ("b", nn.Linear(4, 4)));
            var task = Task(data, 3, 1, keeps);
            var record = Trainer.Run(Schedule.Start().Dense(2, 0.1).Sparse(2, 0.1, 0.5).Build().On(model, task.StepsPerEpoch), model, task, new TrainerSettings(seed: 1));
            return (string.Concat(model.parameters().Select(p => Convert.ToHexString(p.bytes))), record.Test!.Metrics);
        }
    }

    // Tensors of the device "meta" have no values: whatever reads one there throws. libtorch gathers none there, so these batches come from the host.
    [Fact]
    public void Loss_OfBatchesFromTheHost_ReadsNothingFromTheDevice()
    {
        using var scope = NewDisposeScope();
        var meta = new Device("meta");
        using var model = nn.Linear(3, 4).to(meta);
        var data = Data(new Random(1));
        Assert.Equal(DeviceType.META, Task(data, 3, 1, keeps: false).Loss(model, 5).device_type);
    }

    private static (Examples Train, Examples Validation, Examples Test) Data(Random random)
    {
        var count = random.Next(8, 60);
        float[][] inputs = [.. Enumerable.Range(0, count).Select(_ => new[] { random.NextSingle(), random.NextSingle(), random.NextSingle() })];
        var all = Examples.Of(inputs, Enumerable.Range(0, count).Select(_ => random.Next(4)).ToArray());
        return random.Next(2) == 0 ? all.Split(0.5, 0.25, 0.25, random.Next()) : (all, all, all);
    }

    private static SupervisedTask Task((Examples Train, Examples Validation, Examples Test) data, int batch, long seed, bool? keeps, int? atOnce = null)
    {
        var task = SupervisedTask.Of(data.Train, data.Validation, data.Test, LossFunction.CrossEntropy, batch, seed, augmentation: (x, random) => x + random.Uniform(0));
        (task.Batches.KeepsOnDevice, task.Batches.MeasuredAtOnce) = (keeps, atOnce);
        return task;
    }
}
