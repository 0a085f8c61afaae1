using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Dsd.Models;
using Dsd.Optimizers;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Data.Captions;

/// <summary>Features of scenes: a LeNet-5 that was trained on single pictures reads each of a scene's four places.</summary>
internal static class SceneFeatures
{
    private const string Layer = "fc1";
    private const int BatchSize = 100;
    private const double Epochs = 3;
    private const double Rate = 0.02;
    private const long Seed = 1;

    public static string Recipe => string.Create(
        CultureInfo.InvariantCulture,
        $"lenet-5 trained on single pictures of the train part ({Epochs} epochs, batch {BatchSize}, SGD with momentum 0.9 and decay 0.0005, {Rate} by cosine to 0, seed {Seed}), then frozen; rectified {Layer} of each place, less its mean over the scenes to learn from");

    /// <summary>Computes the features of all scenes where their file is not there.</summary>
    public static void Prepare(string? root, Action<string>? log, CancellationToken cancellation)
    {
        var pictures = FashionMnist.Load(root);
        var places = FashionScenes.Compose(pictures, FashionScenes.TrainScenes, FashionScenes.ValidationScenes, FashionScenes.TestScenes).Select(p => p.Places).ToArray();
        var path = PathOf(pictures, places, root);
        if (Cached(path, places) is null)
        {
            log?.Invoke($"{FashionScenes.Name}: computing features, which takes about half a minute, into {path}");
            Save(path, Compute(pictures, places, cancellation));
        }
    }

    /// <summary>The features of the parts' scenes, four places after one another in each, read from their file or computed.</summary>
    public static FeatureMatrix[] Of(ImageDataset pictures, ImageSplit[] places, string? root)
    {
        var path = PathOf(pictures, places, root);
        if (Cached(path, places) is not { } all)
        {
            Save(path, all = Compute(pictures, places, default));
        }

        var start = 0;
        return
        [
            .. places.Select(p =>
            {
                var rows = p.Count / 4;
                var part = new FeatureMatrix(rows, all.Columns, all.Values[(start * all.Columns)..((start + rows) * all.Columns)]);
                start += rows;
                return part;
            }),
        ];
    }

    /// <summary>Trains the network and runs it, on one thread and with random numbers of its own, so that nothing else changes.</summary>
    internal static FeatureMatrix Compute(ImageDataset pictures, ImageSplit[] places, CancellationToken cancellation, double epochs = Epochs)
    {
        Native.NativeTorch.Load();
        var (threads, random) = (get_num_threads(), get_rng_state());
        try
        {
            set_num_threads(1);
            manual_seed(Seed);
            using var network = new LeNet5(pictures.Train.Channels, pictures.Classes);
            var task = new ImageClassification(pictures, Math.Min(BatchSize, pictures.Train.Count), Seed);
            var plan = Schedule.Start().Dense(epochs, LearningRate.Cosine(Rate)).Build().On(network, task.StepsPerEpoch);
            Trainer.Run(plan, network, task, new(seed: Seed, optimizer: OptimizerSettings.Default, readTest: false), cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            var values = new List<float>();
            var width = 0;
            foreach (var part in places.Where(p => p.Count > 0))
            {
                (var features, width) = FeatureExtractor.Extract(network, Layer, pictures, part);
                values.AddRange(features);
            }

            width *= 4;
            Centre(CollectionsMarshal.AsSpan(values), width, places[0].Count / 4);
            return new(values.Count / width, width, [.. values]);
        }
        finally
        {
            set_num_threads(threads);
            set_rng_state(random);
            random.Dispose();
        }
    }

    /// <summary>Takes from each number its mean over the first rows: what all scenes have in common says nothing, and drowns the rest.</summary>
    private static void Centre(Span<float> values, int width, int rows)
    {
        var means = new double[width];
        for (var i = 0; i < rows * width; i++)
        {
            means[i % width] += values[i];
        }

        for (var i = 0; i < values.Length; i++)
        {
            values[i] -= (float)(means[i % width] / rows);
        }
    }

    /// <summary>The file of features, named by what makes them: the recipe, the pictures that were learnt from, and the scenes.</summary>
    private static string PathOf(ImageDataset pictures, ImageSplit[] places, string? root)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(Recipe));
        foreach (var part in places.Prepend(pictures.Train))
        {
            hash.AppendData(part.Pixels.Span);
            hash.AppendData(part.Labels.Span);
        }

        return Path.Combine(DataFolder.Target(FashionScenes.Name, root), $"features-{Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}.npy");
    }

    private static FeatureMatrix? Cached(string path, ImageSplit[] places)
    {
        try
        {
            return File.Exists(path) && NpyFile.Read(path) is var all && all.Rows == places.Sum(p => p.Count) / 4 && all.Columns == FashionScenes.FeatureWidth ? all : null;
        }
        catch (DsdException)
        {
            // Whatever made it unreadable, what is computed anew is as good.
            return null;
        }
    }

    private static void Save(string path, FeatureMatrix features)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            NpyFile.Write(path, features);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file only saves time.
        }
    }
}
