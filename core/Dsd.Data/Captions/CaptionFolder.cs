using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dsd.Checkpoints;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>A folder of captions in Karpathy's layout, as of Flickr-8K: <c>dataset.json</c> and a file of features.</summary>
/// <remarks>
/// The features, one per image by its <c>imgid</c>, are in one of three files: <c>vgg_feats.mat</c> (MATLAB 5 or 7, the matrix <c>feats</c>, one
/// column per image, as Karpathy publishes them), <c>features.npy</c> (one row per image, 32 or 64 bits) or <c>features.safetensors</c> (the
/// tensor <c>features</c>, one row per image). The vocabulary holds words that occur at least five times in the training captions.
/// </remarks>
internal sealed class CaptionFolder
{
    private const string Tensor = "features";
    private static readonly string[] s_files = ["vgg_feats.mat", "features.npy", "features.safetensors"];
    private readonly IReadOnlyList<(DataSplit Part, int Row, CaptionedImage Image)> _images;

    private CaptionFolder(string path, string featureFile, int featureWidth, IReadOnlyList<(DataSplit Part, int Row, CaptionedImage Image)> images)
    {
        Path = path;
        FeatureFile = featureFile;
        FeatureWidth = featureWidth;
        _images = images;
        var known = images.Where(i => i.Part == DataSplit.Train).SelectMany(i => i.Image.Captions).ToList();
        var vocabulary = WordVocabulary.Of(known);
        Words = vocabulary.Count;
        TrainExamples = known.Count(c => vocabulary.Encode(c).Length > 0);
    }

    /// <summary>The path of the folder.</summary>
    public string Path { get; }

    /// <summary>The path of the file of features.</summary>
    public string FeatureFile { get; }

    /// <summary>The length of a feature: the input size of a network.</summary>
    public int FeatureWidth { get; }

    /// <summary>The number of words including the end: the output size of a network.</summary>
    public int Words { get; }

    /// <summary>The number of training pairs of image and caption.</summary>
    public int TrainExamples { get; }

    /// <summary>Counts the images of a split that have a caption.</summary>
    /// <param name="part">The split.</param>
    public int Images(DataSplit part) => _images.Count(i => i.Part == part && i.Image.Captions.Any(c => c.Count > 0));

    /// <summary>Reads captions and the sizes of the features, but not their values.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="DsdException">A file is missing, unreadable or in another format, or the number of features differs from that of images.</exception>
    public static CaptionFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path))
        {
            throw new DsdException($"There is no folder '{path}'; expected a folder with {KarpathyFile.Name} and features.");
        }

        var found = s_files.Select(f => System.IO.Path.Combine(path, f)).Where(File.Exists).ToList();
        if (found.Count != 1)
        {
            throw new DsdException(
                $"The folder '{path}' holds {(found.Count == 0 ? "no features" : string.Join(" and ", found.Select(System.IO.Path.GetFileName)))}; exactly one of {string.Join(", ", s_files)} is needed.");
        }

        var images = KarpathyFile.Read(System.IO.Path.Combine(path, KarpathyFile.Name));
        var features = Read(found[0], sizesOnly: true);
        if (features.Rows != images.Count || images.Any(i => i.Row >= features.Rows))
        {
            var hint = features.Columns == images.Count && found[0] != s_files[0] ? " They seem to be transposed: one row per image is expected." : "";
            throw new DsdException(FormattableString.Invariant(
                $"The file '{found[0]}' holds features of {features.Rows} images, and {KarpathyFile.Name} names {images.Count} with imgid up to {images.Select(i => i.Row).DefaultIfEmpty(-1).Max()}; both must be of the same images, with imgid from 0.{hint}"));
        }

        return new(path, found[0], features.Columns, images);
    }

    /// <summary>Reads the data into memory.</summary>
    /// <param name="name">The name of the data, e.g. <c>"flickr8k"</c>.</param>
    /// <param name="trainLimit">The number of training pairs: the first ones. Default null: all <see cref="TrainExamples"/>.</param>
    /// <exception cref="DsdException">The features are damaged, or a number in them is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trainLimit"/> is outside 1 to <see cref="TrainExamples"/>.</exception>
    public CaptionDataset Load(string name, int? trainLimit = null)
    {
        var features = Read(FeatureFile, sizesOnly: false);
        return new(name, Part(DataSplit.Train), Part(DataSplit.Validation), Part(DataSplit.Test), trainLimit: trainLimit) { Notes = InTwoParts(features) };

        CaptionSplit Part(DataSplit split)
        {
            var images = _images.Where(i => i.Part == split).ToList();
            var values = new float[images.Count * FeatureWidth];
            foreach (var (place, image) in images.Index())
            {
                features.Values.AsSpan(image.Row * FeatureWidth, FeatureWidth).CopyTo(values.AsSpan(place * FeatureWidth));
            }

            return new(values, FeatureWidth, [.. images.Select(i => i.Image)]);
        }
    }

    /// <summary>Lists the problems of the data: what is excluded, and images whose features are in two splits.</summary>
    internal ValueList<DataProblem> Problems()
    {
        var vocabulary = WordVocabulary.Of(_images.Where(i => i.Part == DataSplit.Train).SelectMany(i => i.Image.Captions));
        return
        [
            .. Enum.GetValues<DataSplit>().SelectMany(s => CaptionDataset.ProblemsOf(s, [.. _images.Where(i => i.Part == s).Select(i => i.Image)], vocabulary)),
            .. InTwoParts(Read(FeatureFile, sizesOnly: false)),
        ];
    }

    private ValueList<DataProblem> InTwoParts(FeatureMatrix features) => EqualFiles.Find(
        _images.Select(i => (i.Part, i.Image.Name, Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(features.Values.AsSpan(i.Row * FeatureWidth, FeatureWidth)))))),
        "features");

    private static FeatureMatrix Read(string path, bool sizesOnly) => System.IO.Path.GetExtension(path) switch
    {
        ".mat" => MatFile.Read(path, sizesOnly),
        ".npy" => NpyFile.Read(path, sizesOnly),
        _ => SafeTensors(path, sizesOnly),
    };

    private static FeatureMatrix SafeTensors(string path, bool sizesOnly)
    {
        if (!WeightFile.Shapes(path).TryGetValue(Tensor, out var shape) || shape.Count != 2)
        {
            throw new DsdException($"The file '{path}' holds no two-dimensional tensor '{Tensor}'. Save the features under that name, one row per image.");
        }

        var count = global::Dsd.Data.FeatureFile.CheckedCount(shape[0], shape[1], path);
        if (sizesOnly)
        {
            return new((int)shape[0], (int)shape[1], []);
        }

        using var tensor = WeightFile.ReadTensor(path, Tensor);
        using var values = tensor.to(TorchSharp.torch.ScalarType.Float32);
        var result = new float[count];
        values.data<float>().CopyTo(result);
        return new((int)shape[0], (int)shape[1], result);
    }
}
