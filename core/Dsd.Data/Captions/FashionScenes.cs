using System.Globalization;

namespace Dsd.Data;

/// <summary>A generated caption data set: scenes of one to four Fashion-MNIST pictures, 56×56 grey, with five sentences each.</summary>
/// <remarks>
/// A program places pictures in two rows and two columns and describes, by a few
/// patterns, which garments there are, how many of each, and where. Each split uses pictures of the same split of Fashion-MNIST;
/// there are as many scenes as images in Flickr-8K, and they are always the
/// same. Their features come from a network that is trained on single pictures and then frozen (<see cref="FeatureRecipe"/>).
/// Source of the pictures: <see cref="FashionMnist"/>.
/// </remarks>
internal static class FashionScenes
{
    /// <summary>The name of the data set and of its folder.</summary>
    public const string Name = "fashion-scenes";

    /// <summary>A short description.</summary>
    public const string Description = "generated scenes of one to four Fashion-MNIST pictures, with five generated captions each";

    /// <summary>The number of training scenes.</summary>
    public const int TrainScenes = 6_000;

    /// <summary>The number of validation scenes.</summary>
    public const int ValidationScenes = 1_000;

    /// <summary>The number of test scenes.</summary>
    public const int TestScenes = 1_000;

    /// <summary>The number of captions of a scene.</summary>
    public const int CaptionsPerScene = 5;

    /// <summary>The size of the vocabulary: 55 words and the end.</summary>
    public const int Words = 56;

    /// <summary>The length of a scene's feature: 500 for each of its four places.</summary>
    public const int FeatureWidth = Places * FrozenFeatures.Width;

    /// <summary>The height and width of a scene in pixels.</summary>
    public const int Size = 2 * Garment;

    private const int Garment = 28;
    private const int Places = 4;
    private const long Seed = 20150607;

    private static readonly FrozenFeatures s_features = new(Name, Places, epochs: 3);

    /// <summary>A description of how the features are computed.</summary>
    public static string FeatureRecipe => s_features.Recipe;

    /// <summary>Finds the pictures of Fashion-MNIST; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>The folder that holds Fashion-MNIST, or null.</returns>
    public static string? Find(string? root = null) => FashionMnist.Find(root);

    /// <summary>Finds and checks the pictures of Fashion-MNIST, or downloads them, and prepares the features of the scenes.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="log">Receives progress messages. Default null: none.</param>
    /// <param name="cancellation">Cancels the operation; nothing is left behind.</param>
    /// <returns>The folder that holds Fashion-MNIST.</returns>
    /// <exception cref="DsdException">The files found are damaged or different ones, or none are found and none can be downloaded.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <remarks>
    /// Features take half a minute to compute and 64 MB in the folder of this data set; that file can be deleted at any time. If it cannot
    /// be written, they are computed at each <see cref="Load"/>.
    /// </remarks>
    public static string Download(string? root = null, Action<string>? log = null, CancellationToken cancellation = default)
    {
        var folder = FashionMnist.Download(root, log, cancellation);
        var pictures = FashionMnist.Load(root);
        s_features.Prepare(pictures, PlacesOf(Compose(pictures, TrainScenes, ValidationScenes, TestScenes)), root, log, cancellation);
        return folder;
    }

    /// <summary>Composes the scenes in memory; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="trainLimit">The number of training pairs of scene and caption: the first ones, five per scene. Default null: all 30,000.</param>
    /// <returns>6,000 scenes for training, 1,000 for validation and 1,000 for the test.</returns>
    /// <exception cref="DsdException">The files of Fashion-MNIST are missing, damaged or different ones.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainLimit"/> is outside 1 to 30,000.</exception>
    public static CaptionDataset Load(string? root = null, int? trainLimit = null)
    {
        var pictures = FashionMnist.Load(root);
        var parts = Compose(pictures, TrainScenes, ValidationScenes, TestScenes);
        var splits = parts.Zip(s_features.Of(pictures, PlacesOf(parts), root), (p, f) => new CaptionSplit(f.Values, f.Columns, p.Images, p.Pixels)).ToArray();
        return new(Name, splits[0], splits[1], splits[2], trainLimit: trainLimit);
    }

    /// <summary>Composes scenes from the three splits of a data set of 28×28 pictures in ten classes.</summary>
    internal static Scenes[] Compose(ImageDataset pictures, int train, int validation, int test) =>
    [
        Compose("train", pictures.Train, train), Compose("validation", pictures.Validation, validation), Compose("test", pictures.Test, test),
    ];

    private static ImageSplit[] PlacesOf(Scenes[] parts) => [.. parts.Select(p => p.Places)];

    private static Scenes Compose(string part, ImageSplit pictures, int count)
    {
        var byClass = new List<int>[FashionMnist.ClassNames.Count];
        for (var label = 0; label < byClass.Length; label++)
        {
            byClass[label] = [.. Enumerable.Range(0, pictures.Count).Where(i => pictures.Labels.Span[i] == label)];
        }

        var pixels = new byte[count * Size * Size];
        var places = new byte[pixels.Length];
        var images = new CaptionedImage[count];
        for (var i = 0; i < count; i++)
        {
            var random = CounterRandom.For(Seed, $"scenes {part}", i);
            var classes = Classes(random);
            for (var place = 0; place < Places; place++)
            {
                if (classes[place] >= 0)
                {
                    var candidates = byClass[classes[place]];
                    var picture = pictures.Image(candidates[random.Below(20 + place, candidates.Count)]);
                    picture.CopyTo(places.AsSpan(((i * Places) + place) * Garment * Garment));
                    for (var row = 0; row < Garment; row++)
                    {
                        var corner = (((i * Size) + (place / 2 * Garment) + row) * Size) + (place % 2 * Garment);
                        picture.Slice(row * Garment, Garment).CopyTo(pixels.AsSpan(corner));
                    }
                }
            }

            images[i] = new(string.Create(CultureInfo.InvariantCulture, $"{part} {i}"), SceneCaptions.Of(classes, CaptionsPerScene, CounterRandom.For(Seed, $"captions {part}", i)));
        }

        return new(images, new(pixels, new byte[count], 1, Size, Size), new(places, new byte[count * Places], 1, Garment, Garment));
    }

    /// <summary>Draws a scene's class in each place, or −1: of ten scenes one has one garment, three have two, four have three, two have four.</summary>
    private static int[] Classes(CounterRandom random)
    {
        var count = random.Below(0, 10) switch { 0 => 1, < 4 => 2, < 8 => 3, _ => 4 };
        int[] classes = [-1, -1, -1, -1];
        var taken = CounterRandom.For((long)random.Bits(1), "places").Permutation(Places)[..count];
        for (var i = 0; i < count; i++)
        {
            // Every third garment has a class that is already present, so that there is something to count.
            classes[taken[i]] = i > 0 && random.Below(2 + (2 * i), 3) == 0 ? classes[taken[random.Below(3 + (2 * i), i)]] : random.Below(3 + (2 * i), FashionMnist.ClassNames.Count);
        }

        return classes;
    }

    /// <summary>Composed scenes: captions, whole pictures, and the concatenated four places of each.</summary>
    internal sealed record Scenes(CaptionedImage[] Images, ImageSplit Pixels, ImageSplit Places);
}
