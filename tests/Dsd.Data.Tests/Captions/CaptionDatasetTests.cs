using System.Runtime.CompilerServices;
using Dsd.Records;

namespace Dsd.Data.Tests.Captions;

public class CaptionDatasetTests
{
    static CaptionDatasetTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Fact]
    public void Vocabulary_KeepsWordsThatComeOftenEnoughTheMostFrequentFirst()
    {
        string[][] captions = [["a", "dog"], ["a", "cat"], ["the", "dog"], ["zebra", "a", "cat"]];
        var two = WordVocabulary.Of(captions, 2);
        Assert.Equal(["a", "cat", "dog"], two.Words);
        Assert.Equal(4, two.Count);
        Assert.Equal([1, 3], two.Encode(["a", "big", "dog"]));
        Assert.Equal([], two.Encode(["zebra", "."]));
        Assert.Equal(["dog", "a"], two.Decode([3, 1]));
        Assert.Equal(["a", "cat", "dog", "the", "zebra"], WordVocabulary.Of(captions, 1).Words);
        Assert.Contains("None of the 5 words occurs 5 times in the training captions (the most frequent 3 times)", Assert.Throws<DsdException>(() => WordVocabulary.Of(captions)).Message);
        Assert.Contains("None of the 0 words", Assert.Throws<DsdException>(() => WordVocabulary.Of([])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => two.Decode([0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => two.Decode([4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => WordVocabulary.Of(captions, 0));
    }

    [Fact]
    public void LeftOut_EmptyAndUnknownCaptionsAndImagesWithout_AreCounted()
    {
        var odd = new CaptionSplit([1, 2, 3, 4], 1, [TinyCaptions.Image("w"), TinyCaptions.Image("x", "", ""), TinyCaptions.Image("y", "a dog is here", ""), TinyCaptions.Image("z", "quux")]);
        Assert.Equal(["y", "z"], odd.Images.Select(i => i.Name));
        Assert.Equal([3f, 4f], new[] { odd.Feature(0)[0], odd.Feature(1)[0] });
        Assert.Equal((3, 2), (odd.EmptyCaptions, odd.ImagesWithoutCaption));
        Assert.Throws<ArgumentOutOfRangeException>(() => odd.Feature(2).Length);

        var train = new CaptionSplit([1, 2], 1, [TinyCaptions.Image("a", "a dog is here", "a dog is here", "xyzzy"), TinyCaptions.Image("b", "a dog is here")]);
        var data = new CaptionDataset("odd", train, odd, new([], 1, []), threshold: 2);
        Assert.Equal("3 captions without a word, 2 images without a caption, 2 captions of unknown words alone", data.LeftOut);
        Assert.Equal((3, 1), (data.TrainExamples, data.Pairs(DataSplit.Validation).Count));
        Assert.Contains("left out: 3 captions without a word", data.Task(1, 0).Settings, StringComparison.Ordinal);
        Assert.Equal("", TinyCaptions.Dataset().LeftOut);
        Assert.Contains("Test split of odd holds no image", Assert.Throws<ArgumentException>(() => data.Baselines(DataSplit.Test)).Message);
    }

    [Fact]
    public void TrainLimit_BelowAllPairs_LeavesTheImagesOfThePairsAndAllElseAsItIs()
    {
        static CaptionSplit Odd() => new(
            [1, 2, 3, 4, 5],
            1,
            [TinyCaptions.Image("w"), TinyCaptions.Image("x", "a dog is here", ""), TinyCaptions.Image("y", "quux"), TinyCaptions.Image("z", "a dog", "a dog is"), TinyCaptions.Image("last", "xyzzy")],
            Tiny.Split(5));
        var whole = Of(null);
        Assert.Equal((3, 4), (whole.TrainExamples, whole.Train.Count));
        Assert.Equal((3, 4), (Of(3).TrainExamples, Of(3).Train.Count));
        foreach (var (limit, names) in new[] { (1, new[] { "x" }), (2, ["x", "y", "z"]) })
        {
            var data = Of(limit);
            Assert.Equal(names, data.Train.Images.Select(i => i.Name));
            Assert.Equal(names.Select(n => n == "x" ? 2f : n == "y" ? 3 : 4), Enumerable.Range(0, names.Length).Select(i => data.Train.Feature(i)[0]));
            Assert.Equal(whole.Train.Pixels!.Image(names.Length - 1), data.Train.Pixels!.Image(names.Length - 1));
            Assert.Equal(names.Length, data.Train.Pixels.Count);
            Assert.Throws<ArgumentOutOfRangeException>(() => data.Train.Feature(names.Length).Length);
            Assert.Equal((whole.LeftOut, whole.MainMetric), (data.LeftOut, data.MainMetric));
            Assert.Equal(whole.Vocabulary.Words, data.Vocabulary.Words);
            Assert.Equal(whole.Problems, data.Problems);
        }

        static CaptionDataset Of(int? limit) => new("odd", Odd(), new([], 1, []), new([], 1, []), threshold: 2, trainLimit: limit);
    }

    [Fact]
    public void Create_PartsThatDoNotFit_AreRefused()
    {
        var split = TinyCaptions.Split("a", 4);
        Assert.Contains("occurs twice in x", Assert.Throws<ArgumentException>(() => new CaptionDataset("x", split, split, TinyCaptions.Split("b", 1), 1)).Message);
        Assert.Contains("features of 4 values, another split of 1", Assert.Throws<ArgumentException>(() => new CaptionDataset("x", split, new([], 1, []), TinyCaptions.Split("b", 1), 1)).Message);
        Assert.Contains("must be 1 to 24", Assert.Throws<ArgumentOutOfRangeException>(() => TinyCaptions.Dataset(trainLimit: 25)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => TinyCaptions.Dataset(trainLimit: 0));
        Assert.Contains("3 features of 2 values; got 5", Assert.Throws<ArgumentException>(() => new CaptionSplit(new float[5], 2, [.. split.Images.Take(3)])).Message);
        Assert.Contains("pixels of 2 images", Assert.Throws<ArgumentException>(() => new CaptionSplit(new float[6], 2, [.. split.Images.Take(3)], Tiny.Split(2))).Message);
        Assert.Contains("image 'a1' holds NaN at position 1", Assert.Throws<DsdException>(() => new CaptionSplit([1, 2, 3, float.NaN], 2, [.. split.Images.Take(2)])).Message);
        Assert.Contains("cannot be augmented", Assert.Throws<DsdException>(() => TinyCaptions.Dataset().Task(1, 0, Augmentation.Usual)).Message);
    }

    [Fact]
    public void MainMetric_ShortCaptions_IsBleu1()
    {
        Assert.Equal("BLEU-4", TinyCaptions.Dataset().MainMetric.Name);
        CaptionSplit Labels(string name) => new([1], 1, [TinyCaptions.Image(name, "red fox")]);
        Assert.Equal("BLEU-1", new CaptionDataset("x", Labels("a"), Labels("b"), Labels("c"), 1).MainMetric.Name);
    }

    [Fact]
    public void Baselines_NearestImageByFeature_SaysWhatThatImageSays()
    {
        var data = TinyCaptions.Dataset();
        var baselines = data.Baselines(DataSplit.Test);
        Assert.Equal(["most frequent caption", "nearest image by feature"], baselines.Select(b => b.Name));
        Assert.All(baselines, b => Assert.Equal(["BLEU-4", "BLEU-1", "BLEU-2", "BLEU-3"], b.Metrics.Select(m => m.Name)));
        Assert.All(baselines[1].Metrics, m => Assert.Equal(1, m.Value, 12));
        Assert.All(baselines[0].Metrics, m => Assert.InRange(m.Value, 0, 0.9));
    }

    [Fact]
    public void Baselines_ImagesAtHand_AreComparedByPixels()
    {
        // Features mislead, pixels do not.
        CaptionSplit Part(string name, params byte[] greys) => new(
            new float[greys.Length], 1, [.. greys.Select((g, i) => TinyCaptions.Image($"{name}{i}", g < 128 ? "it is a dark one" : "it is a bright one"))], new(greys, new byte[greys.Length], 1, 1, 1));
        var data = new CaptionDataset("x", Part("a", 1, 250, 2, 240, 3), Part("b", 10, 200), Part("c", 220, 30), 1);
        foreach (var split in new[] { DataSplit.Validation, DataSplit.Test })
        {
            var metrics = data.Baselines(split).Single(b => b.Name == "nearest image by pixels").Metrics;
            Assert.All(metrics, m => Assert.Equal(1, m.Value, 12));
        }
    }

    [Fact]
    public void Baselines_WithALimit_KnowWhatIsLearntFromAlone()
    {
        // Of two images with two captions each, three pairs reach the second image; with two pairs only the first is known.
        Assert.All(TinyCaptions.Dataset(trainLimit: 8).Baselines(DataSplit.Test)[1].Metrics, m => Assert.Equal(1, m.Value, 12));
        Assert.All(TinyCaptions.Dataset(trainLimit: 2).Baselines(DataSplit.Test)[1].Metrics, m => Assert.InRange(m.Value, 0, 0.9));
    }
}
