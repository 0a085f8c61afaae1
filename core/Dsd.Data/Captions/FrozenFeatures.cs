using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Dsd.Execution;
using Dsd.Models;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The features of a LeNet-5 that is trained once to classify 28×28 pictures and then frozen, with their cache file.</summary>
/// <remarks>
/// The file only saves time: it can be deleted at any time, and if it cannot be written, features are computed each time. Its name has hashes of
/// what the features are made from and of the features themselves; one whose content is another is not used.
/// </remarks>
/// <param name="name">The data set and its folder.</param>
/// <param name="places">The number of pictures in an image, whose features are concatenated.</param>
/// <param name="epochs">The number of epochs of training.</param>
internal sealed class FrozenFeatures(string name, int places, double epochs)
{
    /// <summary>The number of units in the network's last hidden layer.</summary>
    public const int Width = 500;

    private const string Layer = "fc1";
    private const int BatchSize = 100;
    private const double Rate = 0.02;
    private const long Seed = 1;

    /// <summary>A description of how the features are computed.</summary>
    public string Recipe { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"lenet-5 trained on single pictures of the train part ({epochs} epochs, batch {BatchSize}, SGD with momentum 0.9 and decay 0.0005, {Rate} by cosine to 0, seed {Seed}), then frozen; rectified {Layer} of each picture, less its mean over the images to learn from");

    /// <summary>Computes the features if their file is missing or is not what was written.</summary>
    /// <param name="pictures">The pictures on which the network is trained.</param>
    /// <param name="parts">The pictures of the three splits' images.</param>
    /// <param name="root">The user's root folder, or null.</param>
    /// <param name="log">Receives progress messages, or null.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public void Prepare(ImageDataset pictures, ImageSplit[] parts, string? root, Action<string>? log, CancellationToken cancellation)
    {
        var place = PlaceOf(pictures, parts, root);
        if (Kept(place, parts, log) is null)
        {
            log?.Invoke($"{name}: computing features, which takes about half a minute, into {Path.GetDirectoryName(place)}");
            Keep(place, Compute(pictures, parts, cancellation));
        }
    }

    /// <summary>Gets the features of the three splits' images, read from their file or computed.</summary>
    public FeatureMatrix[] Of(ImageDataset pictures, ImageSplit[] parts, string? root)
    {
        var place = PlaceOf(pictures, parts, root);
        if (Kept(place, parts, log: null) is not { } all)
        {
            Keep(place, all = Compute(pictures, parts, default));
        }

        var start = 0;
        var features = new FeatureMatrix[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var rows = parts[i].Count / places;
            features[i] = new(rows, all.Columns, all.Values[(start * all.Columns)..((start + rows) * all.Columns)]);
            start += rows;
        }

        return features;
    }

    /// <summary>Trains and runs the network on one thread with a separate random generator, so that nothing else is affected.</summary>
    internal FeatureMatrix Compute(ImageDataset pictures, ImageSplit[] parts, CancellationToken cancellation)
    {
        TorchRuntime.Configure();
        var (threads, random) = (get_num_threads(), get_rng_state());
        try
        {
            set_num_threads(1);
            manual_seed(Seed);
            using var network = new LeNet5(pictures.Train.Channels, pictures.Classes);
            var task = new ImageClassification(pictures, Math.Min(BatchSize, pictures.Train.Count), Seed);
            var plan = Schedule.Start().Dense(epochs, LearningRate.Cosine(Rate)).Build().On(network, task.StepsPerEpoch);
            Trainer.Run(plan, network, task, new(seed: Seed, optimizer: OptimizerSettings.Default, readTest: false), Observer.None.Observe, cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            var values = new List<float>();
            foreach (var part in parts.Where(p => p.Count > 0))
            {
                values.AddRange(FeatureExtractor.Extract(network, Layer, pictures, part).Features);
            }

            Centre(CollectionsMarshal.AsSpan(values), parts[0].Count / places);
            return new(values.Count / Columns, Columns, [.. values]);
        }
        finally
        {
            set_num_threads(threads);
            set_rng_state(random);
            random.Dispose();
        }
    }

    private int Columns => places * Width;

    /// <summary>Subtracts the mean over the first rows from each value: what all images have in common carries no information and dominates the rest.</summary>
    private void Centre(Span<float> values, int rows)
    {
        var means = new double[Columns];
        for (var i = 0; i < rows * Columns; i++)
        {
            means[i % Columns] += values[i];
        }

        for (var i = 0; i < values.Length; i++)
        {
            values[i] -= (float)(means[i % Columns] / rows);
        }
    }

    /// <summary>The start of the cache file's path: a hash of the recipe, the training pictures and the images. A hash of the features follows.</summary>
    private string PlaceOf(ImageDataset pictures, ImageSplit[] parts, string? root)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(Recipe));
        foreach (var part in parts.Prepend(pictures.Train))
        {
            hash.AppendData(part.Pixels.Span);
            hash.AppendData(part.Labels.Span);
        }

        return Path.Combine(DataFolder.Target(name, root), $"features-{Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}");
    }

    private static string HashOf(FeatureMatrix features) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(features.Values.AsSpan())))[..32];

    private static string PathOf(string place, FeatureMatrix features) => $"{place}-{HashOf(features)}.npy";

    /// <summary>The files of one place, also those of earlier versions, whose names have no hash of the features.</summary>
    private static string[] Files(string place) => Path.GetDirectoryName(place) is { } folder && Directory.Exists(folder) ? Directory.GetFiles(folder, $"{Path.GetFileName(place)}*.npy") : [];

    /// <summary>Reads the features whose file has the hash of its content in its name; null if there is none.</summary>
    private FeatureMatrix? Kept(string place, ImageSplit[] parts, Action<string>? log)
    {
        foreach (var path in Files(place))
        {
            try
            {
                if (NpyFile.Read(path) is var all && all.Rows == parts.Sum(p => p.Count) / places && all.Columns == Columns && path == PathOf(place, all))
                {
                    return all;
                }

                log?.Invoke($"{name}: the features in {path} are not those that were written there, or are an earlier version's; they are not used");
            }
            catch (DsdException e)
            {
                log?.Invoke($"{name}: the kept features are not used: {e.Message}");
            }
        }

        return null;
    }

    /// <summary>Writes the file, and removes those that it replaces.</summary>
    private static void Keep(string place, FeatureMatrix features)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            var path = PathOf(place, features);
            NpyFile.Write(path, features);
            foreach (var replaced in Files(place).Where(f => f != path))
            {
                File.Delete(replaced);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file only saves time.
        }
    }
}
