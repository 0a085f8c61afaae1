using System.Runtime.CompilerServices;
using Dsd.Models;
using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Captions;

public class CaptioningTests
{
    static CaptioningTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Fact]
    public void Batch_IsAPureFunctionOfSeedAndStep()
    {
        var data = TinyCaptions.Dataset();
        var task = new Captioning(data, 5, seed: 3);
        long[] steps = [40, 0, 7, 7, 1, 41];
        var expected = steps.Select(s => Read(new(data, 5, seed: 3), s)).ToList();
        Assert.Equal(expected, steps.Select(s => Read(task, s)));
        Assert.NotEqual(expected[1], expected[4]);
        Assert.NotEqual(expected[1], Read(new(data, 5, seed: 4), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => task.Batch(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Captioning(data, 25, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Captioning(data, 5, 3, beamWidth: 0));
    }

    [Fact]
    public void Batch_OverAnEpoch_TakesEachPairOnceWithItsImage()
    {
        var data = TinyCaptions.Dataset();
        var task = new Captioning(data, 4, seed: 3);
        var read = Enumerable.Range(6, 6).SelectMany(s => Read(task, s).Split('|')).ToList();
        Assert.Equal(6, task.StepsPerEpoch);
        Assert.Equal(
            data.Train.Images.SelectMany((image, i) => image.Captions.Select(c => $"{i % 4}: {string.Join(' ', c)}")).Order(),
            read.Order());
    }

    [Fact]
    public void Batch_CaptionsOfTwoLengths_FillsUpWhatIsNotCounted()
    {
        using var scope = NewDisposeScope();
        var train = new CaptionSplit([1, 2], 1, [TinyCaptions.Image("a", "b b b"), TinyCaptions.Image("c", "b")]);
        var data = new CaptionDataset("x", train, new([], 1, []), new([], 1, []), 1);
        var (features, words, target) = new Captioning(data, 2, 0).Batch(0);
        var long1 = (int)(features[0, 0].item<float>() == 1 ? 0 : 1);
        Assert.Equal([0L, 1, 1, 1], words[long1].data<long>().ToArray());
        Assert.Equal([1L, 1, 1, 0], target[long1].data<long>().ToArray());
        Assert.Equal([0L, 1, 0, 0], words[1 - long1].data<long>().ToArray());
        Assert.Equal([1L, 0, -100, -100], target[1 - long1].data<long>().ToArray());
    }

    [Fact]
    public void Evaluate_NetworkThatSaysTheFirstCaption_ReachesOne()
    {
        var data = TinyCaptions.Dataset();
        using var network = new TinyCaptions.Told(data.Vocabulary.Count, (dog, words) => Likely(data, data.Train.Images[dog == 1 ? 0 : 1].Captions[0], words));
        var task = new Captioning(data, 5, seed: 3, beamWidth: 3);
        // It is right on cats and dogs, and of birds and fish it says that they are dogs.
        var metrics = task.Evaluate(network, DataSplit.Validation);
        Assert.Equal(["BLEU-4", "BLEU-1", "BLEU-2", "BLEU-3", "loss", "perplexity"], metrics.Select(m => m.Name));
        Assert.Equal(14.0 / 16, metrics[1].Value, 12);
        Assert.Equal(Math.Exp(metrics[4].Value), metrics[5].Value, 12);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Evaluate_TrainSplitWithALimit_MeasuresTheImagesAndCaptionsTrainedOn(bool keepsOnDevice)
    {
        // Five pairs: both captions of two images, and one of the third, whose other caption stays a reference.
        var data = TinyCaptions.Dataset(trainLimit: 5);
        using var network = new TinyCaptions.Told(data.Vocabulary.Count, (cat, words) => Likely(data, data.Train.Images[cat == 1 ? 0 : 1].Captions[1], words));
        var task = new Captioning(data, 5, seed: 3) { KeepsOnDevice = keepsOnDevice };
        var metrics = task.Evaluate(network, DataSplit.Train);
        Assert.Equal(["train0", "train1", "train2"], task.Generate(network, DataSplit.Train).Select(w => w.Image));

        var first = TinyCaptions.Split("first", 3);
        var pairs = new CaptionSplit(
            [.. Enumerable.Range(0, 3).SelectMany(i => first.Feature(i).ToArray())], first.FeatureWidth, [.. first.Images.Select((image, i) => i < 2 ? image : image with { Captions = [image.Captions[0]] })]);
        Assert.Equal([3L, 3, 3, 3, 5, 5], metrics.Select(m => m.Examples ?? 0));
        Assert.Equal(OnValidation(first).Take(4), metrics.Take(4));
        Assert.Equal(OnValidation(pairs).Skip(4), metrics.Skip(4));

        IEnumerable<MetricValue> OnValidation(CaptionSplit part) =>
            new Captioning(new("those", TinyCaptions.Split("train", 12), part, new([], part.FeatureWidth, []), threshold: 2), 5, seed: 3) { KeepsOnDevice = keepsOnDevice }.Evaluate(network, DataSplit.Validation);
    }

    [Fact]
    public void Generate_SomeImages_GivesEachWithItsCaptionsAndTheModels()
    {
        var data = TinyCaptions.Dataset();
        using var network = new TinyCaptions.Told(data.Vocabulary.Count, (dog, words) => Likely(data, data.Train.Images[dog == 1 ? 0 : 1].Captions[0], words));
        var task = new Captioning(data, 5, seed: 3, beamWidth: 3);

        var written = task.Generate(network, DataSplit.Validation, count: 2);
        Assert.Equal(
            ["validation0: a cat is here/here is a cat: a cat is here", "validation1: a dog is here/here is a dog: a dog is here"],
            written.Select(w => $"{w.Image}: {string.Join('/', w.References)}: {w.Caption}"));
        Assert.Equal(["test0", "test1", "test2", "test3", "test4"], task.Generate(network, DataSplit.Test).Select(w => w.Image));
        Assert.Contains("must be 1 to 4", Assert.Throws<ArgumentOutOfRangeException>(() => task.Generate(network, DataSplit.Validation, count: 5)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => task.Generate(network, DataSplit.Validation, count: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => task.Generate(network, DataSplit.Validation, beamWidth: 101));
    }

    [Theory]
    [InlineData(DataSplit.Validation, null, "a")]
    [InlineData(DataSplit.Validation, 1, "a")]
    [InlineData(DataSplit.Validation, 2, "is here")]
    [InlineData(DataSplit.Test, null, "is here")]
    [InlineData(DataSplit.Test, 1, "a")]
    public void Generate_BeamWidth_IsThatOfEvaluateUnlessGiven(DataSplit split, int? beamWidth, string caption)
    {
        // Greedily "a" (0.5) and then the end (0.3 of all that may follow); "is" (0.4) is almost surely followed by "here" and the end.
        var data = TinyCaptions.Dataset();
        double Probability(string word, int[] words) => (string.Join(' ', data.Vocabulary.Decode(words)), word) switch
        {
            ("", "a") => 0.5,
            ("", "is") => 0.4,
            ("a", "") => 0.3,
            ("a", _) => 0.1,
            ("is", "here") or ("is here", "") => 0.9,
            _ => 1e-3,
        };
        using var network = new TinyCaptions.Told(data.Vocabulary.Count, (_, words) =>
            [.. Enumerable.Range(0, data.Vocabulary.Count).Select(i => (float)Math.Log(Probability(i == 0 ? "" : data.Vocabulary.Words[i - 1], words)))]);
        Assert.Equal(caption, new Captioning(data, 5, seed: 3, beamWidth: 2).Generate(network, split, 1, beamWidth)[0].Caption);
    }

    [Fact]
    public void Evaluate_NetworkThatKnowsNothing_HasTheLogarithmOfTheWordsAsLoss()
    {
        var data = TinyCaptions.Dataset();
        using var network = new TinyCaptions.Told(data.Vocabulary.Count, (_, _) => new float[data.Vocabulary.Count]);
        var metrics = new Captioning(data, 5, seed: 3).Evaluate(network, DataSplit.Validation);
        Assert.Equal(Math.Log(data.Vocabulary.Count), metrics.Single(m => m.Name == "loss").Value, 5);
        Assert.Equal(data.Vocabulary.Count, metrics.Single(m => m.Name == "perplexity").Value, 4);

        // All words are as likely, so that the end comes first: captions are empty, and nothing is NaN.
        Assert.All(metrics.Take(4), m => Assert.Equal(0, m.Value));
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Loss_OverSomeSteps_LearnsToCaption()
    {
        manual_seed(1);
        var data = TinyCaptions.Dataset();
        using var network = new NeuralTalk(data.Train.FeatureWidth, data.Vocabulary.Count, 0.25);
        var task = new Captioning(data, 8, seed: 3);
        using var optimizer = optim.Adam(network.parameters(), 0.01);
        for (var step = 0; step < 300; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            task.Loss(network, step).backward();
            optimizer.step();
        }

        network.eval();
        var metrics = task.Evaluate(network, DataSplit.Test);
        Assert.True(metrics[0].Value > 0.9, $"BLEU-4 {metrics[0].Value}, loss {metrics[4].Value}");
    }

    [Fact]
    public void LossAndEvaluate_OtherNetworks_AreRefused()
    {
        var data = TinyCaptions.Dataset();
        var task = new Captioning(data, 5, seed: 3);
        using var narrow = new NeuralTalk(data.Train.FeatureWidth, 3, 0.05);
        using var image = nn.Linear(4, 4);
        using var bilinear = nn.Bilinear(4, 4, 4);
        Assert.Contains("returned scores of shape [5, 5, 3]", Assert.Throws<ArgumentException>(() => task.Loss(Grown(narrow), 0)).Message);
        Assert.Contains("needs a Module<Tensor, Tensor, Tensor>", Assert.Throws<ArgumentException>(() => task.Loss(image, 0)).Message);
        Assert.Contains("must be an ICaptioner", Assert.Throws<ArgumentException>(() => task.Evaluate(bilinear, DataSplit.Test)).Message);
    }

    /// <summary>A word table that is large enough for all words, so that only the scores do not fit.</summary>
    private static TinyCaptions.Told Grown(NeuralTalk network) => new(3, (_, _) => new float[network.get_parameter("decoder.bias")!.size(0)]);

    private static float[] Likely(CaptionDataset data, IReadOnlyList<string> caption, int[] words)
    {
        var wanted = data.Vocabulary.Encode(caption);
        var next = words.Length < wanted.Length ? wanted[words.Length] : 0;
        return [.. Enumerable.Range(0, data.Vocabulary.Count).Select(i => i == next ? 5f : 0f)];
    }

    /// <summary>The batch as text: the image's thing and the words, read and followed alike.</summary>
    private static string Read(Captioning task, long step)
    {
        using var scope = NewDisposeScope();
        var (features, words, target) = task.Batch(step);
        return string.Join('|', Enumerable.Range(0, task.BatchSize).Select(i =>
        {
            var read = words[i].data<long>().ToArray().Skip(1).Where(w => w > 0).Select(w => (int)w).ToArray();
            var follow = target[i].data<long>().ToArray().Where(w => w > 0).Select(w => (int)w).ToArray();
            Assert.Equal(read, follow);
            return $"{features[i].argmax().item<long>()}: {string.Join(' ', task.Data.Vocabulary.Decode(read))}";
        }));
    }
}
