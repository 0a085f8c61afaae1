using Dsd.Models;


namespace Dsd.Data;

/// <summary>A classification data set of emoji: eight groups, 1,636 concepts, each drawn by two vendors.</summary>
/// <remarks>
/// The pictures of <see cref="EmojiImages"/> without skin tones, over white. Two groups are excluded: components, and flags, which
/// are recognisable by their outline. Validation and test hold out whole families of concepts (<see cref="EmojiImage.Family"/>), all
/// vendors' pictures of them, so that none was seen in another drawing or, mostly, as another gender: some emoji with separate
/// code points (child and boy, women holding hands and men) count as separate families.
/// </remarks>
internal static class EmojiGroups
{
    /// <summary>A short description.</summary>
    public const string Description = "3,272 pictures of emoji in colour by two vendors, in eight groups";

    /// <summary>The seed of the validation and test splits, which are the same for every seed of a run.</summary>
    public const long SplitSeed = 20240916;

    /// <summary>The number of training pictures: 2,288.</summary>
    public const int TrainCount = 2_288;

    /// <summary>The number of validation pictures: 332, a tenth of each group.</summary>
    public const int ValidationCount = 332;

    /// <summary>The number of test pictures: 652, a fifth of each group.</summary>
    public const int TestCount = 652;

    /// <summary>The smallest height and width of an image in pixels: 8.</summary>
    public const int SmallestSize = 8;

    /// <summary>The eight groups, in the order of their labels 0 to 7.</summary>
    public static ValueList<string> ClassNames { get; } =
        ["smileys-emotion", "people-body", "animals-nature", "food-drink", "travel-places", "activities", "objects", "symbols"];

    /// <summary>The entry in the catalogue.</summary>
    internal static DataEntry Entry { get; } = new(EmojiImages.Find, EmojiImages.Download, (root, limit, size) => Load(root, limit, size ?? EmojiImages.Size))
    {
        Name = EmojiImages.Name,
        Description = Description,
        Licence = EmojiImages.Licence,
        Source = EmojiImages.Source,
        Size = EmojiImages.DownloadSize,
        Contents = DataEntry.ContentsOfImages(TrainCount, ValidationCount, TestCount, ClassNames.Count, 3, EmojiImages.Size),
        Kind = TaskKind.Images,
        Inputs = 3,
        Classes = ClassNames.Count,
        Height = EmojiImages.Size,
        Width = EmojiImages.Size,
        ImageSizes = (SmallestSize, EmojiImages.Size),
        ClassNames = ClassNames,
        TrainExamples = TrainCount,
        ValidationExamples = ValidationCount,
        TestExamples = TestCount,
        Files = () => EmojiImages.Published.Checksums,
    };

    /// <summary>Reads the data into memory; never downloads anything.</summary>
    /// <param name="root">The user's root folder of data sets, or null; see <see cref="DataFolder"/>. Default null.</param>
    /// <param name="trainLimit">The number of training examples, taken from the start of an order in which groups are mixed. Default null: all. The validation and test splits stay whole.</param>
    /// <param name="imageSize">Height and width of an image in pixels, 8 to 64. Default 64; smaller sizes are resized with antialiasing.</param>
    /// <returns>3×<paramref name="imageSize"/>×<paramref name="imageSize"/> images.</returns>
    /// <exception cref="DsdException">The file is missing, damaged or a different one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ImageDataset Load(string? root = null, int? trainLimit = null, int imageSize = EmojiImages.Size)
    {
        if (imageSize is < SmallestSize or > EmojiImages.Size)
        {
            throw new ArgumentOutOfRangeException(nameof(imageSize), imageSize, $"The height and width of emoji must be {SmallestSize} to {EmojiImages.Size} pixels.");
        }

        if (trainLimit is < 1 or > TrainCount)
        {
            throw new ArgumentOutOfRangeException(nameof(trainLimit), trainLimit, $"The number of training examples must be 1 to {TrainCount}; leave it out to take all {TrainCount}.");
        }

        var (train, validation, test) = Split(EmojiImages.Read(root));
        return new(
            EmojiImages.Name,
            ClassNames.Count,
            Decode([.. train.Take(trainLimit ?? int.MaxValue)], imageSize, ClassNames),
            Decode(validation, imageSize, ClassNames),
            Decode(test, imageSize, ClassNames))
        {
            HasBaselines = true,
        };
    }

    /// <summary>Splits pictures: of each group, a tenth and a fifth of its concepts, up to the size of a family, in families drawn at random.</summary>
    internal static (IReadOnlyList<EmojiImage> Train, IReadOnlyList<EmojiImage> Validation, IReadOnlyList<EmojiImage> Test) Split(IEnumerable<EmojiImage> images)
    {
        List<EmojiImage> train = [], validation = [], test = [];
        foreach (var group in images.Where(i => !i.HasSkinTone && ClassNames.Contains(i.Group)).GroupBy(i => i.Group).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var families = group.GroupBy(i => i.Family).Select(f => f.ToList()).OrderBy(f => f[0].Family, StringComparer.Ordinal).ToList();
            var all = group.Count();
            var held = 0;
            foreach (var family in CounterRandom.For(SplitSeed, group.Key).Permutation(families.Count).Select(i => families[i]))
            {
                (held < all / 10 ? validation : held < 3 * all / 10 ? test : train).AddRange(family);
                held += family.Count;
            }
        }

        // So that the first pictures cover all groups, and a vendor's pictures are not adjacent.
        return ([.. CounterRandom.For(SplitSeed, "order").Permutation(train.Count).Select(i => train[i])], validation, test);
    }

    /// <summary>Decodes pictures to a size, over white, each labelled by the index of its group.</summary>
    internal static ImageSplit Decode(IReadOnlyList<EmojiImage> images, int size, ValueList<string> groups)
    {
        var length = 3 * size * size;
        var pixels = new byte[images.Count * length];
        var labels = images.Select(i => (byte)groups.ToList().IndexOf(i.Group)).ToArray();
        Span<float> resized = new float[length];
        for (var i = 0; i < images.Count; i++)
        {
            using var image = DecodedImage.Read(images[i].Png);
            Resampler.Resize(image, image.All, (size, size), new(0, 0, size, size), 3, resized);
            for (var k = 0; k < length; k++)
            {
                pixels[(i * length) + k] = (byte)MathF.Round(resized[k]);
            }
        }

        return new(pixels, labels, 3, size, size);
    }
}
