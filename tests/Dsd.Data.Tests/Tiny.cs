using System.Buffers.Binary;
using System.IO.Compression;

namespace Dsd.Data.Tests;

/// <summary>Small data made up for the tests.</summary>
internal static class Tiny
{
    public const string Name = "tiny";
    public const string Page = "https://example.org/tiny";

    /// <summary>The bytes of an IDX file, header made from the sizes.</summary>
    public static byte[] Idx(int[] dims, byte[] items)
    {
        var bytes = new byte[4 + (4 * dims.Length) + items.Length];
        bytes[2] = 8;
        bytes[3] = (byte)dims.Length;
        for (var i = 0; i < dims.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (4 * i)), dims[i]);
        }

        items.CopyTo(bytes, 4 + (4 * dims.Length));
        return bytes;
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return target.ToArray();
    }

    public static IdxFile Read(byte[] bytes, string path = "test.idx") => IdxFile.Read(new MemoryStream(bytes), path);

    /// <summary>Numbers from 0 to 255 that look random and are always the same.</summary>
    public static byte[] Bytes(int count, int below = 256, string purpose = "bytes")
    {
        var random = CounterRandom.For(7, purpose);
        return [.. Enumerable.Range(0, count).Select(i => (byte)random.Below(i, below))];
    }

    public static ImageSplit Split(int count, int channels = 1, int height = 4, int width = 3, int classes = 10, string purpose = "split") =>
        new(Bytes(count * channels * height * width, purpose: purpose), Bytes(count, classes, purpose + " labels"), channels, height, width);

    public static ImageDataset Dataset(int train = 24, int validation = 7, int test = 11, int channels = 1, int height = 4, int width = 3) => new(
        Name, 10, Split(train, channels, height, width, purpose: "train"), Split(validation, channels, height, width, purpose: "validation"),
        Split(test, channels, height, width, purpose: "test"));

    /// <summary>The compressed files of a published set: 12 training and 5 test images of 2×3.</summary>
    public static IReadOnlyDictionary<string, byte[]> Files { get; } = new Dictionary<string, byte[]>
    {
        ["train-images.gz"] = Gzip(Idx([12, 2, 3], Bytes(72, purpose: "a"))),
        ["train-labels.gz"] = Gzip(Idx([12], Bytes(12, 10, "b"))),
        ["test-images.gz"] = Gzip(Idx([5, 2, 3], Bytes(30, purpose: "c"))),
        ["test-labels.gz"] = Gzip(Idx([5], Bytes(5, 10, "d"))),
    };

    public static PublishedSet Published { get; } = At(new("https://example.org/data/"));

    public static PublishedSet At(Uri home) => new(
        Name, "MIT", "1 kB", ["dataset-tiny"], home, Page,
        Files.Select(f => new PublishedFile(f.Key, Read(f.Value).Sha256(), 10_000)).ToValueList());

    public static void Place(string folder, IReadOnlyDictionary<string, byte[]>? files = null)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, bytes) in files ?? Files)
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
        }
    }
}
