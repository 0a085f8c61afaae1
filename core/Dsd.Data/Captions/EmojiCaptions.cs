using System.Text.RegularExpressions;

namespace Dsd.Data;

/// <summary>A caption data set of emoji with their English labels: 7,572 pictures by two vendors, skin tones included, one short caption each.</summary>
/// <remarks>
/// The pictures and labels of <see cref="EmojiImages"/>, resized to 28×28. Validation and test hold out whole families
/// (<see cref="EmojiImage.Family"/>): all vendors and skin tones of a concept are in one split, and so are genders except where families
/// separate them (men, women and people holding hands are three families). Words are the label's letters and
/// digits in lower case. Many labels of held-out concepts have words that occur nowhere else, which no network can predict. The features come
/// from a network that is trained to classify the groups of the training pictures and is then frozen (<see cref="FeatureRecipe"/>).
/// </remarks>
internal static partial class EmojiCaptions
{
    /// <summary>The name of the data set and of the folder of its features.</summary>
    public const string Name = "emoji-captions";

    /// <summary>A short description.</summary>
    public const string Description = "7,572 pictures of emoji by two vendors with their English labels, skin tones included";

    /// <summary>The seed of the validation and test splits, which are the same for every seed of a run.</summary>
    public const long SplitSeed = 20240916;

    /// <summary>The number of training pictures: 5,282.</summary>
    public const int TrainImages = 5_282;

    /// <summary>The number of training pairs, whose labels have a known word: 4,322.</summary>
    public const int TrainCount = 4_322;

    /// <summary>The number of validation pictures, a tenth.</summary>
    public const int ValidationImages = 784;

    /// <summary>The number of test pictures, a fifth.</summary>
    public const int TestImages = 1_506;

    /// <summary>The size of the vocabulary, including the end.</summary>
    public const int Words = 246;

    /// <summary>The length of a picture's feature: 500.</summary>
    public const int FeatureWidth = FrozenFeatures.Width;

    private const int Size = 28;
    private static readonly FrozenFeatures s_features = new(Name, places: 1, epochs: 15);

    /// <summary>A description of how the features are computed.</summary>
    public static string FeatureRecipe => s_features.Recipe;

    /// <summary>Finds the pictures; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <returns>The folder that holds the emoji, or null.</returns>
    public static string? Find(string? root = null) => EmojiImages.Find(root);

    /// <summary>Finds and checks the pictures, or builds them from npm packages, and prepares their features.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="log">Receives progress messages. Default null: none.</param>
    /// <param name="cancellation">Cancels the operation; nothing is left behind.</param>
    /// <returns>The folder that holds the emoji.</returns>
    /// <exception cref="DsdException">The file found is damaged or a different one, or none is found and none can be built.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <remarks>The features are stored in the folder of this data set; their file can be deleted at any time.</remarks>
    public static string Download(string? root = null, Action<string>? log = null, CancellationToken cancellation = default)
    {
        var folder = EmojiImages.Download(root, log, cancellation);
        var (_, pictures) = Read(root);
        s_features.Prepare(pictures, [pictures.Train, pictures.Validation, pictures.Test], root, log, cancellation);
        return folder;
    }

    /// <summary>Reads the data into memory; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="trainLimit">The number of training pairs, from the start of an order in which families are mixed. Default null: all.</param>
    /// <exception cref="DsdException">The file is missing, damaged or a different one.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainLimit"/> is outside 1 to <see cref="TrainCount"/>.</exception>
    public static CaptionDataset Load(string? root = null, int? trainLimit = null)
    {
        var (images, pictures) = Read(root);
        ImageSplit[] parts = [pictures.Train, pictures.Validation, pictures.Test];
        var features = s_features.Of(pictures, parts, root);
        var splits = images.Select((part, i) => new CaptionSplit(features[i].Values, FeatureWidth, [.. part.Select(Captioned)], parts[i])).ToArray();
        return new(Name, splits[0], splits[1], splits[2], trainLimit: trainLimit);
    }

    /// <summary>Splits a label into words: letters and digits, with inner apostrophes and hyphens.</summary>
    internal static string[] WordsOf(string label) => [.. Word().Matches(label.ToLowerInvariant()).Select(m => m.Value)];

    /// <summary>Splits pictures by whole families drawn at random: a tenth for validation, a fifth for the test, up to the size of a family.</summary>
    internal static List<EmojiImage>[] Split(IReadOnlyList<EmojiImage> images)
    {
        List<EmojiImage>[] parts = [[], [], []];
        var families = images.GroupBy(i => i.Family).Select(f => f.ToList()).OrderBy(f => f[0].Family, StringComparer.Ordinal).ToList();
        var held = 0;
        foreach (var family in CounterRandom.For(SplitSeed, Name).Permutation(families.Count).Select(i => families[i]))
        {
            parts[held < images.Count / 10 ? 1 : held < 3 * images.Count / 10 ? 2 : 0].AddRange(family);
            held += family.Count;
        }

        return parts;
    }

    private static (List<EmojiImage>[] Images, ImageDataset Pictures) Read(string? root)
    {
        var all = EmojiImages.Read(root);
        var groups = all.Select(i => i.Group).Distinct().Order(StringComparer.Ordinal).ToValueList();
        var parts = Split(all);
        return (parts, new(Name, groups.Count, EmojiGroups.Decode(parts[0], Size, groups), EmojiGroups.Decode(parts[1], Size, groups), EmojiGroups.Decode(parts[2], Size, groups)));
    }

    private static CaptionedImage Captioned(EmojiImage image) => new($"{image.Vendor} {image.Code}", [WordsOf(image.Label)]);

    [GeneratedRegex(@"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")]
    private static partial Regex Word();
}
