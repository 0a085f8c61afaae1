using System.Runtime.CompilerServices;
using Dsd.Models;
using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Captions;

public class FashionScenesTests
{
    static FashionScenesTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Theory]
    [InlineData(new[] { 4, -1, -1, -1 }, "there is a coat", "a coat in the top left corner", "the top left corner holds a coat")]
    [InlineData(new[] { -1, -1, -1, 9 }, "there is an ankle boot", "an ankle boot at the bottom right")]
    [InlineData(new[] { 5, 4, -1, -1 }, "a sandal to the left of a coat", "a coat to the right of a sandal", "a sandal and a coat side by side at the top")]
    [InlineData(new[] { 8, 8, 3, -1 }, "two bags above a dress", "a dress below two bags", "under two bags there is a dress", "a bag and a dress to the left of a bag", "there are two bags and a dress")]
    [InlineData(new[] { -1, 1, -1, 1 }, "a pair of trousers above a pair of trousers", "two pairs of trousers one above the other on the right")]
    [InlineData(new[] { 0, 1, 2, 0 }, "a t-shirt and a pair of trousers at the top and a pullover and a t-shirt at the bottom", "two t-shirts and a pair of trousers and a pullover can be seen here")]
    [InlineData(new[] { 7, 7, 7, 7 }, "a picture of four sneakers", "two sneakers on the left and two sneakers on the right")]
    public void Of_Places_SaysWhatIsWhere(int[] classes, params string[] expected)
    {
        var all = SceneCaptions.Of(classes, 99, new(1)).Select(c => string.Join(' ', c)).ToList();
        Assert.All(expected, e => Assert.Contains(e, all));
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.True(all.Count >= 5);
        Assert.Equal(5, SceneCaptions.Of(classes, 5, new(1)).Length);
    }

    [Fact]
    public void Compose_IsAlwaysTheSameAndEachPlaceHoldsAPictureOfItsPart()
    {
        var pictures = Pictures();
        var (first, again) = (FashionScenes.Compose(pictures, 30, 10, 10), FashionScenes.Compose(pictures, 30, 10, 10));
        Assert.Equal([30, 10, 10], first.Select(p => p.Images.Length));
        Assert.Equal(first[0].Pixels.Pixels.ToArray(), again[0].Pixels.Pixels.ToArray());
        Assert.Equal(first.SelectMany(p => p.Images).Select(i => i.ToString()), again.SelectMany(p => p.Images).Select(i => i.ToString()));
        Assert.Equal(50, first.SelectMany(p => p.Images).Select(i => i.Name).Distinct().Count());
        ImageSplit[] sources = [pictures.Train, pictures.Validation, pictures.Test];
        var counts = new HashSet<int>();
        foreach (var (part, source) in first.Zip(sources))
        {
            var known = Enumerable.Range(0, source.Count).Select(i => Convert.ToHexString(source.Image(i))).ToHashSet();
            for (var scene = 0; scene < part.Images.Length; scene++)
            {
                var filled = 0;
                for (var place = 0; place < 4; place++)
                {
                    var picture = part.Places.Image((4 * scene) + place);
                    filled += picture.IndexOfAnyExcept((byte)0) >= 0 ? 1 : 0;
                    Assert.True(picture.IndexOfAnyExcept((byte)0) < 0 || known.Contains(Convert.ToHexString(picture)));
                    var corner = part.Pixels.Image(scene)[((place / 2 * 28 * 56) + (place % 2 * 28))..];
                    Assert.Equal(picture[..28].ToArray(), corner[..28].ToArray());
                    Assert.Equal(picture[^28..].ToArray(), corner.Slice(27 * 56, 28).ToArray());
                }

                counts.Add(filled);
            }
        }

        Assert.Equal([1, 2, 3, 4], counts.Order());
    }

    [Fact]
    public void Compute_IsTheSameOnEachCallAndLeavesRandomNumbersAndThreadsAlone()
    {
        var pictures = Pictures();
        var places = FashionScenes.Compose(pictures, 6, 2, 2).Select(p => p.Places).ToArray();
        manual_seed(9);
        using var expected = rand(3);
        var threads = get_num_threads();
        manual_seed(9);
        var first = new FrozenFeatures("x", 4, epochs: 1).Compute(pictures, places, default);
        using var after = rand(3);
        Assert.True(expected.equal(after).all().item<bool>());
        Assert.Equal(threads, get_num_threads());
        Assert.Equal(first.Values, new FrozenFeatures("x", 4, epochs: 1).Compute(pictures, places, default).Values);
        Assert.Equal((10, FashionScenes.FeatureWidth), (first.Rows, first.Columns));
    }

    [Fact]
    public void Of_FileOfFeatures_IsUsedAndMayBeDeletedOrDamaged()
    {
        var pictures = Pictures();
        var places = FashionScenes.Compose(pictures, 6, 2, 2).Select(p => p.Places).ToArray();
        var features = new FrozenFeatures("x", 4, epochs: 1);
        using var folder = new TempFolder();
        var told = new List<string>();
        features.Prepare(pictures, places, folder.Root, told.Add, default);
        Assert.Contains("x: computing features", Assert.Single(told), StringComparison.Ordinal);
        features.Prepare(pictures, places, folder.Root, told.Add, default);
        Assert.Single(told);
        var file = Assert.Single(Directory.GetFiles(folder["x"]));
        var first = features.Of(pictures, places, folder.Root);
        Assert.Equal([6, 2, 2], first.Select(f => f.Rows));

        // Each number has a mean of 0 over the images to learn from.
        Assert.Equal(0, first[0].Values.Where((_, i) => i % FashionScenes.FeatureWidth == 7).Sum(), 4);

        // A file in which a number was changed, one cut short, and an earlier version's are made again, which is said, and replaced.
        var bytes = File.ReadAllBytes(file);
        var changed = (byte[])bytes.Clone();
        BitConverter.TryWriteBytes(changed.AsSpan(changed.Length - 4), 77f);
        foreach (var (name, content) in new[] { (file, changed), (file, bytes[..^1]), ($"{file[..^"-0123456789abcdef0123456789abcdef.npy".Length]}.npy", changed) })
        {
            File.Delete(file);
            File.WriteAllBytes(name, content);
            told.Clear();
            features.Prepare(pictures, places, folder.Root, told.Add, default);
            Assert.Contains(name, told[0], StringComparison.Ordinal);
            Assert.Contains("not ", told[0], StringComparison.Ordinal);
            Assert.Contains("x: computing features", told[1], StringComparison.Ordinal);
            Assert.Equal([file], Directory.GetFiles(folder["x"]));
            Assert.Equal(bytes, File.ReadAllBytes(file));
        }

        // The same without a listener, as when they are loaded.
        File.WriteAllBytes(file, changed);
        Assert.Equal(first[2].Values, features.Of(pictures, places, folder.Root)[2].Values);
        Directory.Delete(folder["x"], recursive: true);
        File.WriteAllText(folder["x"], "in the way");
        Assert.Equal(first[2].Values, features.Of(pictures, places, folder.Root)[2].Values);
    }

    [Fact]
    public void Extract_GivesWhatTheLayerGives()
    {
        using var scope = NewDisposeScope();
        var data = Tiny.Dataset(height: 28, width: 28);
        var network = new LeNet5();
        var (features, width) = FeatureExtractor.Extract(network, "fc1", data, data.Validation);
        Assert.Equal((500, 500 * data.Validation.Count), (width, features.Length));
        Assert.True(network.training);

        using var quiet = no_grad();
        network.eval();
        var input = new float[28 * 28];
        new ImageWriter(data, data.Validation).Write(3, input);
        Tensor P(string name) => network.get_parameter(name)!;
        var hidden = nn.functional.max_pool2d(nn.functional.conv2d(tensor(input).reshape(1, 1, 28, 28), P("conv1.weight"), P("conv1.bias")), 2);
        hidden = nn.functional.max_pool2d(nn.functional.conv2d(hidden, P("conv2.weight"), P("conv2.bias")), 2);
        var expected = nn.functional.linear(hidden.flatten(1), P("fc1.weight"), P("fc1.bias"));
        Assert.True(tensor(features[1500..2000]).allclose(expected.relu()[0], rtol: 1e-4, atol: 1e-5));
        Assert.True(tensor(FeatureExtractor.Extract(network, "fc1", data, data.Validation, rectify: false).Features[1500..2000]).allclose(expected[0], rtol: 1e-4, atol: 1e-5));
        Assert.Equal(50 * 8 * 8, FeatureExtractor.Extract(network, "conv2", data, data.Validation).Width);
    }

    [Fact]
    public void Extract_LayerThatIsNotThere_NamesTheNearest()
    {
        using var network = new LeNet5();
        var data = Tiny.Dataset(height: 28, width: 28);
        Assert.Contains("no layer 'fc3'", Assert.Throws<DsdException>(() => FeatureExtractor.Extract(network, "fc3", data, data.Test)).Message);
        Assert.Contains("fc1", Assert.Throws<DsdException>(() => FeatureExtractor.Extract(network, "fc3", data, data.Test)).Message);
        Assert.Throws<ArgumentException>(() => FeatureExtractor.Extract(network, "fc1", data, Tiny.Split(2, channels: 3, height: 28, width: 28)));
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Load_RealPictures_AgreesWithTheCatalogsNumbersAndItsFileMayGo()
    {
        Skip.If(FashionMnist.Find() is null, "Fashion-MNIST is not on this machine, and this test fetches nothing");
        var folder = DataFolder.Target(FashionScenes.Name);
        Skip.If(!Directory.Exists(folder) || Directory.GetFiles(folder).Length == 0, "features of the scenes are not computed yet, which takes half a minute");
        var data = FashionScenes.Load();
        Assert.Equal((FashionScenes.Words, FashionScenes.FeatureWidth, 5 * FashionScenes.TrainScenes), (data.Vocabulary.Count, data.Train.FeatureWidth, data.TrainExamples));
        Assert.Equal((FashionScenes.TrainScenes, FashionScenes.ValidationScenes, FashionScenes.TestScenes), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal(("BLEU-4", ""), (data.MainMetric.Name, data.LeftOut));
        var nearest = data.Baselines(DataSplit.Validation).Single(b => b.Name == "nearest image by feature");
        Assert.InRange(nearest.Metrics[0].Value, 0.4, 0.8);
    }

    /// <summary>Pictures of 28×28 in ten classes, several of each class in each part.</summary>
    private static ImageDataset Pictures()
    {
        static ImageSplit Part(int count, string purpose) =>
            new([.. Tiny.Bytes(count * 784, 255, purpose).Select(b => (byte)(b + 1))], [.. Enumerable.Range(0, count).Select(i => (byte)(i % 10))], 1, 28, 28);
        return new("tiny", 10, Part(40, "a"), Part(20, "b"), Part(20, "c"));
    }
}
