using System.Runtime.CompilerServices;
using Dsd.Models;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests;

public class ImageClassificationTests
{
    // A test may touch TorchSharp before it touches Dsd, whose first use prepares the native library.
    static ImageClassificationTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Fact]
    public void Batch_SameStepTwice_GivesTheSameBits()
    {
        var data = Tiny.Dataset();
        var varied = new Augmentation(2, flip: true);
        var one = new ImageClassification(data, 8, seed: 3, varied);
        var first = Read(one, 4);
        _ = Read(one, 1);
        Assert.Equal(first, Read(one, 4));
        Assert.Equal(first, Read(new(data, 8, seed: 3, varied), 4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [Trait("Tier", "slow")]
    public void Batch_StepsInAnyOrderFromManyThreads_GivesTheBitsOfAFreshTask(int threads)
    {
        var before = get_num_threads();
        set_num_threads(threads);
        try
        {
            var (data, varied) = (Tiny.Dataset(), new Augmentation(1, true));
            var task = new ImageClassification(data, 7, seed: 3, varied);
            long[] steps = [5, 6, 7, 2, 2, 9, 10, 0, 1, 30, 5];
            Parallel.ForEach(steps.Concat(steps), step =>
            {
                var (input, target) = task.Batch(step);
                var (expectedInput, expectedTarget) = new ImageClassification(data, 7, seed: 3, varied).Batch(step);
                Assert.True(input.equal(expectedInput).all().item<bool>());
                Assert.True(target.equal(expectedTarget).all().item<bool>());
            });
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Fact]
    public void Batch_OtherStepEpochOrSeed_GivesOtherBits()
    {
        var task = new ImageClassification(Tiny.Dataset(), 24, seed: 3);
        Assert.NotEqual(Read(task, 0), Read(task, 1));
        Assert.NotEqual(Read(task, 0), Read(new(Tiny.Dataset(), 24, seed: 4), 0));
    }

    [Fact]
    public void Batch_VariedInEachEpochAnew()
    {
        // One image, so that epochs differ by the augmentation alone.
        var part = Tiny.Split(1);
        var task = new ImageClassification(new("x", 10, part, part, part), 1, seed: 3, new(2, true));
        Assert.InRange(Enumerable.Range(0, 40).Select(i => Read(task, i).Pixels).Distinct().Count(), 15, 40);
    }

    [Fact]
    public void Batch_ShapesTypesAndLabelsFollowTheExamples()
    {
        using var scope = NewDisposeScope();
        var data = Tiny.Dataset(channels: 3);
        var task = new ImageClassification(data, 5, seed: 3);
        Assert.Equal(4, task.StepsPerEpoch);
        var (input, target) = task.Batch(6);
        Assert.Equal([5, 3, 4, 3], input.shape);
        Assert.Equal(ScalarType.Float32, input.dtype);
        Assert.Equal([5], target.shape);
        Assert.Equal(ScalarType.Int64, target.dtype);
        var examples = new BatchOrder(24, 5, 3).At(6).Examples.ToArray();
        Assert.Equal(examples.Select(e => (long)data.Train.Labels.Span[e]), target.data<long>().ToArray());
        for (var i = 0; i < 5; i++)
        {
            var expected = Normalised(data, data.Train, examples[i]);
            Assert.True(input[i].allclose(expected, rtol: 1e-6, atol: 1e-6));
        }
    }

    [Fact]
    public void Batch_EpochOfWholeBatches_HasEveryLabelAsOftenAsTheData()
    {
        var task = new ImageClassification(Tiny.Dataset(), 6, seed: 3);
        var labels = Enumerable.Range(0, 4).SelectMany(i => Read(task, i).Labels).Select(l => (byte)(l - '0'));
        Assert.Equal(Tiny.Dataset().Train.Labels.ToArray().Order(), labels.Order());
    }

    [Fact]
    public void New_BatchLargerThanTheData_ThrowsWithTheReason() => Assert.Contains(
        "train split has 24", Assert.Throws<ArgumentOutOfRangeException>(() => new ImageClassification(Tiny.Dataset(), 25, 1)).Message);

    [Fact]
    public void Loss_IsTheMeanCrossEntropyOfTheBatchAndCanBeDifferentiated()
    {
        using var scope = NewDisposeScope();
        var task = new ImageClassification(Tiny.Dataset(), 8, seed: 3, new(1, true));
        using var model = Model(12);
        var loss = task.Loss(model, 2);
        var (input, target) = task.Batch(2);
        var expected = nn.functional.log_softmax(model.call(input), 1).gather(1, target.unsqueeze(1)).mean().neg();
        Assert.Equal(expected.ToDouble(), loss.ToDouble(), 5);
        loss.backward();
        Assert.All(model.parameters(), p => Assert.True(p.grad!.abs().sum().ToDouble() > 0));
    }

    [Fact]
    public void Loss_OfFurtherHeads_CountsEachWithItsWeightAndEvaluateWithNone()
    {
        using var scope = NewDisposeScope();
        var task = new ImageClassification(Tiny.Dataset(), 8, seed: 3);
        using var plain = Model(12);
        using var model = new WithHeads(plain);
        var (input, target) = task.Batch(2);
        var scores = plain.call(input);
        double Entropy(double divisor) => nn.functional.cross_entropy(scores / divisor, target).ToDouble();

        Assert.Equal(Entropy(1) + (0.3 * (Entropy(2) + Entropy(3))), task.Loss(model, 2).ToDouble(), 5);
        Assert.Equal(task.Evaluate(plain, DataSplit.Test), task.Evaluate(model, DataSplit.Test));
        var before = scope.DisposablesCount;
        task.Loss(model, 0).Dispose();
        Assert.Equal(before, scope.DisposablesCount);
    }

    [Theory]
    [InlineData(DataSplit.Train, 24)]
    [InlineData(DataSplit.Validation, 7)]
    [InlineData(DataSplit.Test, 1_203)]
    public void Evaluate_EqualsADirectComputation(DataSplit split, int count)
    {
        using var scope = NewDisposeScope();
        var data = Tiny.Dataset(test: 1_203);
        var part = data.Part(split);
        Assert.Equal(count, part.Count);
        using var model = Model(12);
        var correct = 0;
        var right = new List<float>();
        var loss = 0.0;
        for (var i = 0; i < count; i++)
        {
            var scores = model.call(Normalised(data, part, i).unsqueeze(0)).data<float>().ToArray();
            right.Add(scores.AsSpan().IndexOf(scores.Max()) == part.Labels.Span[i] ? 1 : 0);
            correct += (int)right[i];
            loss -= scores[part.Labels.Span[i]] - Math.Log(scores.Sum(s => Math.Exp(s)));
        }

        var metrics = new ImageClassification(data, 8, seed: 3, new(2, true)).Evaluate(model, split);
        Assert.Equal(["accuracy", "loss"], metrics.Select(m => m.Name));
        Assert.Equal((double)correct / count, metrics[0].Value);
        Assert.Equal(loss / count, metrics[1].Value, 5);
        Assert.All(metrics, m => Assert.Equal((count, split == DataSplit.Test), (m.Examples, m.Outcomes is not null)));
        if (split == DataSplit.Test)
        {
            Assert.Equal(right, metrics[0].Outcomes!.Values);
            Assert.Equal(metrics[1].Value, metrics[1].Outcomes!.Mean, 5);
        }
    }

    [Fact]
    public void Evaluate_EmptyPart_ThrowsWithItsName()
    {
        using var model = Model(12);
        var task = new ImageClassification(Tiny.Dataset(validation: 0), 8, seed: 3);
        Assert.Contains("Validation", Assert.Throws<ArgumentException>(() => task.Evaluate(model, DataSplit.Validation)).Message);
    }

    [Fact]
    public void LossAndEvaluate_ModelOfAnotherType_ThrowWithTheTypeNeeded()
    {
        using var model = new Pair();
        var task = new ImageClassification(Tiny.Dataset(), 8, seed: 3);
        Assert.Contains("Module<Tensor, Tensor>", Assert.Throws<ArgumentException>(() => task.Loss(model, 0)).Message);
        Assert.Contains("Module<Tensor, Tensor>", Assert.Throws<ArgumentException>(() => task.Evaluate(model, DataSplit.Test)).Message);
    }

    [Fact]
    public void Loss_ScoresForOtherClasses_ThrowsWithBothShapes()
    {
        using var model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3));
        var error = Assert.Throws<ArgumentException>(() => new ImageClassification(Tiny.Dataset(), 8, seed: 3).Loss(model, 0));
        Assert.Contains("[8, 3]", error.Message);
        Assert.Contains("[8, 10]", error.Message);
    }

    [Fact]
    public void LossAndEvaluate_LeaveNoTensorInTheCallersScope()
    {
        using var scope = NewDisposeScope();
        using var model = Model(12);
        var task = new ImageClassification(Tiny.Dataset(), 8, seed: 3);
        var before = scope.DisposablesCount;
        task.Loss(model, 0).Dispose();
        task.Evaluate(model, DataSplit.Test);
        Assert.Equal(before, scope.DisposablesCount);
    }

    private static nn.Module<Tensor, Tensor> Model(int inputs)
    {
        manual_seed(5);
        return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 10));
    }

    private static Tensor Normalised(ImageDataset data, ImageSplit part, int index)
    {
        var plane = part.Height * part.Width;
        var values = part.Image(index).ToArray().Select((p, i) => (float)(((p / 255.0) - data.Mean[i / plane]) / data.StandardDeviation[i / plane]));
        return tensor(values.ToArray(), [part.Channels, part.Height, part.Width]);
    }

    private static (string Pixels, string Labels) Read(ImageClassification task, long step)
    {
        var (input, target) = task.Batch(step);
        using (input)
        using (target)
        {
            return (Convert.ToHexString(input.bytes), string.Concat(target.data<long>()));
        }
    }

    /// <summary>A network with two further heads, which give half and a third of its scores.</summary>
    private sealed class WithHeads(nn.Module<Tensor, Tensor> network) : nn.Module<Tensor, Tensor>("with-heads"), IAuxiliaryScores
    {
        public double AuxiliaryWeight => 0.3;

        public override Tensor forward(Tensor input) => network.call(input);

        public (Tensor Scores, IReadOnlyList<Tensor> Auxiliary) ScoresOfAllHeads(Tensor input)
        {
            var scores = network.call(input);
            return (scores, [scores / 2, scores / 3]);
        }
    }

    private sealed class Pair() : nn.Module<Tensor, Tensor, Tensor>("pair")
    {
        public override Tensor forward(Tensor input1, Tensor input2) => input1;
    }
}
