using System.Runtime.CompilerServices;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

public class ResidentBatchesTests
{
    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static ResidentBatchesTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Property(MaxTest = 120)]
    public void Batch_OfResidentImages_HasTheBitsOfTheHost(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var data = Data(random);
        var batch = random.Next(1, data.TrainExamples + 1);
        var augmentation = new Augmentation(random.Next(0, Augmentation.MaxShiftPixels + 1), flip: random.Next(2) == 1);
        var host = new ImageClassification(data, batch, seed, augmentation) { KeepsOnDevice = false };
        var resident = new ImageClassification(data, batch, seed, augmentation) { KeepsOnDevice = true };

        foreach (var step in Steps(random, host.StepsPerEpoch))
        {
            var (expected, labels) = host.Batch(step);
            var (input, target) = resident.Batch(step);
            Assert.Equal(expected.shape, input.shape);
            Assert.Equal((ScalarType.Float32, ScalarType.Int64), (input.dtype, target.dtype));
            Assert.Equal(Convert.ToHexString(expected.bytes), Convert.ToHexString(input.bytes));
            Assert.Equal(labels.data<long>().ToArray(), target.data<long>().ToArray());
        }
    }

    [Property(MaxTest = 40)]
    public void Evaluate_OfResidentImages_HasTheDigitsOfTheHost(int seed)
    {
        var random = new Random(seed);
        var data = Data(random);
        using var model = Model(data, seed);
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            var inBatch = random.Next(1, 12);
            var host = new ImageClassification(data, 1, seed) { KeepsOnDevice = false, MeasuredAtOnce = inBatch }.Evaluate(model, split);
            var resident = new ImageClassification(data, 1, seed, Augmentation.Usual) { KeepsOnDevice = true, MeasuredAtOnce = inBatch }.Evaluate(model, split);
            Assert.Equal(host, resident);
        }
    }

    [Property(MaxTest = 40)]
    public void Evaluate_InLargeBatches_GivesTheSameOutcomesAndTheLossWithinRounding(int seed)
    {
        var data = Data(new Random(seed));
        using var model = Model(data, seed);
        foreach (var split in Enum.GetValues<DataSplit>())
        {
            var small = new ImageClassification(data, 1, seed) { KeepsOnDevice = false, MeasuredAtOnce = 3 }.Evaluate(model, split);
            var large = new ImageClassification(data, 1, seed) { KeepsOnDevice = true, MeasuredAtOnce = 2000 }.Evaluate(model, split);
            Assert.Equal(small[0], large[0]);
            Assert.Equal(small[1].Value, large[1].Value, 1e-5 * Math.Max(1, Math.Abs(small[1].Value)));
            Assert.Equal(small[1].Outcomes?.Count, large[1].Outcomes?.Count);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_OnResidentImages_HasTheBitsOfTheHost(int channels)
    {
        var data = Tiny.Dataset(train: 50, validation: 30, test: 31, channels: channels, height: 6, width: 5);
        var (host, hostWeights) = Run(false);
        var (resident, weights) = Run(true);

        Assert.Equal(hostWeights, weights);
        Assert.Equal(host.Validation!.Metrics, resident.Validation!.Metrics);
        Assert.Equal(host.Test!.Metrics, resident.Test!.Metrics);

        (RunRecord Record, string Weights) Run(bool resident)
        {
            var task = new ImageClassification(data, 7, seed: 3, Augmentation.Usual) { KeepsOnDevice = resident };
            using var model = Model(data, 3);
            var schedule = Schedule.Start().Dense(2, 0.1).Sparse(2, 0.1, 0.5).Dense(1, 0.01).Build();
            var record = Trainer.Run(schedule.On(model, task.StepsPerEpoch), model, task, new TrainerSettings(seed: 3));
            return (record, string.Concat(model.parameters().Select(p => Convert.ToHexString(p.bytes))));
        }
    }

    [Fact]
    public void Batch_ColoursOrCropsChange_ComesFromTheHost()
    {
        using var scope = NewDisposeScope();
        var data = Tiny.Dataset(channels: 3);
        Assert.Null(ResidentBatches.ToTrain(data, new(24, 8, 1), Augmentation.Reference, 1, CPU, true));
        var expected = new ImageClassification(data, 8, 1, Augmentation.Reference).Batch(2);
        var actual = new ImageClassification(data, 8, 1, Augmentation.Reference) { KeepsOnDevice = true }.Batch(2);
        Assert.Equal(Convert.ToHexString(expected.Input.bytes), Convert.ToHexString(actual.Input.bytes));
    }

    [Fact]
    public void Images_OfOneSplit_LieOnTheDeviceOnceForAllTasks()
    {
        var data = Tiny.Dataset();
        var first = ResidentImages.Of(data.Train, 2, CPU, true);

        Assert.Same(first, ResidentImages.Of(data.Train, 2, CPU, true));
        Assert.NotSame(first, ResidentImages.Of(data.Train, 0, CPU, true));
        Assert.Null(ResidentImages.Of(data.Train, 2, CPU, null));
        Assert.Null(ResidentImages.Of(data.Train, 2, null, false));
    }

    [Fact]
    public void Indices_OfAnyStep_HaveOneShapeAndGatherMakesTheBatchOfThem()
    {
        using var scope = NewDisposeScope();
        var data = Tiny.Dataset();
        var sut = ResidentBatches.ToTrain(data, new(24, 8, 3), Augmentation.Usual, 3, CPU, true)!;
        foreach (var step in new long[] { 0, 5, 400 })
        {
            var indices = sut.Indices(step);
            Assert.Equal([3, 8], indices.shape);
            var expected = new ImageClassification(data, 8, 3, Augmentation.Usual).Batch(step);
            Assert.Equal(Convert.ToHexString(expected.Input.bytes), Convert.ToHexString(sut.Gather(indices.clone()).Input.bytes));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => sut.Indices(-1));
    }

    [Fact]
    public void LossAndEvaluate_OfResidentImages_LeaveNoTensorInTheCallersScope()
    {
        using var scope = NewDisposeScope();
        var data = Tiny.Dataset();
        using var model = Model(data, 1);
        var task = new ImageClassification(data, 8, seed: 3, Augmentation.Usual) { KeepsOnDevice = true };
        var before = scope.DisposablesCount;
        task.Loss(model, 0).Dispose();
        task.Evaluate(model, DataSplit.Test);
        Assert.Equal(before, scope.DisposablesCount);
    }

    [Theory]
    [InlineData(Redraw.None, 0.5, false, 1)]
    [InlineData(Redraw.None, 0, true, 3)]
    [InlineData(Redraw.Train, 0, false, 3)]
    [InlineData(Redraw.Train, 0.5, true, 1)]
    [InlineData(Redraw.Splits, 0.5, true, 3)]
    public void StackedBatches_OfSeedsThatDrawTheirData_AreTheBatchesOfEach(Redraw redraw, double noise, bool augmented, int channels)
    {
        using var scope = NewDisposeScope();
        var whole = Tiny.Dataset(train: 40, validation: 20, channels: channels, height: 6, width: 5);
        IBatchTask[] tasks = [.. Enumerable.Range(1, 4).Select(seed => new ImageClassification(
            whole.Drawn(new(noise > 0 ? new LabelNoise(noise) : null, redraw, redraw == Redraw.Train ? 25 : null, seed)), 7, seed, augmented ? Augmentation.Usual : null) { KeepsOnDevice = true })];

        var together = tasks[0].StackedBatches(tasks, CPU);
        Assert.NotNull(together);
        foreach (var step in new long[] { 0, 2, 5, 300 })
        {
            var (inputs, targets) = together(step);
            var alone = tasks.Select(t => t.Batch(step, CPU)).ToList();
            Assert.Equal([4, 7, channels, 6, 5], inputs.shape);
            Assert.Equal(Convert.ToHexString(stack(alone.Select(b => b.Inputs)).bytes), Convert.ToHexString(inputs.bytes));
            Assert.Equal(stack(alone.Select(b => b.Targets)).data<long>().ToArray(), targets.data<long>().ToArray());
        }
    }

    [Fact]
    public void Joined_ImagesOfSeveralSeeds_AreCopiedOnce()
    {
        var whole = Tiny.Dataset();
        ResidentImages[] images = [.. Enumerable.Range(1, 3).Select(seed => ResidentImages.Of(whole.Drawn(new(null, Redraw.Train, 9, seed)).Train, 0, CPU, true)!)];
        var all = ResidentImages.Joined(images);

        Assert.NotNull(all);
        Assert.Same(all, ResidentImages.Joined(images));
        Assert.Equal([0L, 9, 18], images.Select(all.Begin));
        Assert.NotSame(all, ResidentImages.Joined([images[0], images[2], images[2]]));
        Assert.Same(images[1], ResidentImages.Joined([images[1], images[1]]));
        Assert.Null(ResidentImages.Joined([images[0], ResidentImages.Of(whole.Train, 2, CPU, true)!]));
    }

    private static ImageDataset Data(Random random) => Tiny.Dataset(
        random.Next(1, 40), random.Next(1, 20), random.Next(1, 20), channels: random.Next(2) == 0 ? 1 : 3, height: random.Next(1, 9), width: random.Next(1, 9));

    /// <summary>Steps of the first three epochs in any order, from the middle of one, and a late one.</summary>
    private static IEnumerable<long> Steps(Random random, int perEpoch) =>
        Enumerable.Range(0, 8).Select(_ => random.NextInt64(3L * perEpoch)).Concat([0, 1, perEpoch, random.NextInt64(1_000_000)]);

    private static nn.Module<Tensor, Tensor> Model(ImageDataset data, int seed)
    {
        manual_seed(seed);
        return nn.Sequential(("flatten", nn.Flatten()), ("fc", nn.Linear(data.Train.PixelsPerImage, 10)));
    }
}
