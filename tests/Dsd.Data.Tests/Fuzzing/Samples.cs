using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Dsd.Data.Tests.Speech;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using SkiaSharp;
using static Dsd.Records.TrainingEvent;
using Encoder = Dsd.Data.Tests.Speech.Encoder;

namespace Dsd.Data.Tests.Fuzzing;

/// <summary>Small whole files of every format that is read.</summary>
internal static class Samples
{
    /// <summary>A study of two arms and two seeds, which plans without data.</summary>
    public const string StudyText = """
        {
          "version": 1, "name": "tiny", "question": "Does it hold?",
          "setting": { "network": "lenet-300-100", "data": "fashion-mnist", "batch": 64, "trainLimit": 640, "optimizer": { "kind": "adam", "beta2": 0.99 }, "gradientClip": 5 },
          "variants": [ { "name": "half", "schedule": { "version": 1, "phases": [
            { "name": "dense", "duration": "4st", "rate": { "cosine": { "from": 0.1, "to": 0.01, "warmUp": 0.1 } } },
            { "name": "sparse", "duration": "4st", "rate": 0.01, "sparsity": 0.5, "layers": [ { "keep": { "last": "any" } } ] },
            { "name": "redense", "duration": "1ep", "rate": 0.001, "onLeaving": { "rebornWeights": "zero" } } ] } } ],
          "arms": [ "dsd", "control" ], "seeds": [1, 2]
        }
        """;

    public static Schedule Schedule { get; } = Dsd.Schedules.Schedule.Dsd(Duration.Steps(4), Duration.Steps(4), Duration.Epochs(1), 0.5, 0.1, LayerScope.Default.Keep("fc2*").Set("fc1*", 0.25));

    public static RunConfig Config { get; } = new(new TrainingConfig("lenet-300-100", "fashion-mnist", batch: 64, trainLimit: 640, optimizer: OptimizerSettings.Default), Schedule, threads: 1);

    /// <summary>The log of a run that was measured after each phase and on test, with outcomes of its examples.</summary>
    public static byte[] Log(string arm = "dsd")
    {
        var shape = ModelShape.Empty.Linear("fc1", 4, 4).Linear("fc2", 4, 2);
        var left = new DataProblem(DataProblemKind.LeftOut, DataSplit.Train, "images that cannot be decoded", 2, ["a.png: cut off", "b.png"]);
        List<TrainingEvent> events = [new RunStarted(arm, Schedule, "tiny", shape, "tiny", 4, "40 examples, batch 10", "sgd", 5, 1, "cpu", 1, "Linux, x64", "0.1.0", DateTimeOffset.UnixEpoch.AddHours(arm.Length), "fp32", [left])];
        var step = 0;
        foreach (var (phase, index) in Schedule.Phases.Select((p, i) => (p, i)))
        {
            events.Add(new PhaseStarted(index, phase.Name!, step, 4, Histograms(0)));
            if (!phase.IsDense)
            {
                events.Add(new MaskComputed(index, step, [new LayerMask("fc1.weight", 16, 12, 4, 0), new LayerMask("fc2.weight", 8, 8, 0, 0)]));
            }

            events.Add(new StepSampled(step, 0.1, 2.3, index == 1 ? ["fc1: checked otherwise"] : null));
            events.Add(new StepSampled(step + 2, 0.1, 1.9));
            step += 4;
            events.Add(new Evaluated(step, DataSplit.Validation, [Metric.Accuracy.Of(0.5, 4), Metric.Loss.Of(1.5, 4)]));
            events.Add(new PhaseEnded(index, step, [new LayerCount("fc1.weight", 16, phase.IsDense ? 16 : 12, 12), new LayerCount("fc2.weight", 8, 8, 8)], Histograms(phase.IsDense ? 0 : 4), 1.5, index == 2 ? [left] : null));
        }

        events.Add(new Evaluated(step, DataSplit.Test, [Metric.Accuracy.Of(0.5, outcomes: new([1, 0, 1, 0])), Metric.Loss.Of(1.5, outcomes: new([1, 2, 1, 2])), new Metric("CER", MetricGoal.Lower, MetricScale.Percent, isMeanOverExamples: true).Of(0.25, outcomes: new([0.5f, 0, 0.5f, 0], [1, 1, 1, 1]))]));
        events.Add(new RunEnded(step, RunOutcome.Completed, null, 4.5));
        return Encoding.UTF8.GetBytes(string.Concat(events.Select(e => EventLog.ToLine(e) + "\n")));

        static ValueList<WeightHistogram> Histograms(int zeros) => [new("fc1.weight", 0.5, zeros, [4, 4, 8 - zeros, 0, 0], 0), new("fc2.weight", 0.25, 0, [2, 2, 0, 2, 2], 0)];
    }

    /// <summary>The CSV of the study, with a diverged trial and examples left out.</summary>
    public static byte[] Csv()
    {
        var text = new StringBuilder("study,group,arm,treatment,selected,seed,outcome,phase,split,steps,sparsity,training_loss,accuracy,loss,seconds,fork,left_out,left_out_of_train,examples,goal,metric,scale,unit,decimals,mean_over_examples,diverged,left_out_elsewhere\n");
        foreach (var arm in new[] { "dsd", "control" })
        {
            foreach (var seed in new[] { 1, 2 })
            {
                foreach (var (phase, split) in new[] { ("dense", "validation"), ("sparse", "validation"), ("redense", "validation"), ("end", "test") })
                {
                    text.Append(System.Globalization.CultureInfo.InvariantCulture, $"tiny,half,{arm},{arm},yes,{seed},completed,{phase},{split},4,0.5,2.3,0.{seed + arm.Length}5,1.5,1.000,,1,0,40,higher,accuracy,percent,,2,yes,no,0\n");
                }
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A file of weights: a matrix of features and a vector.</summary>
    public static byte[] SafeTensors(string? header = null, int bytes = 56)
    {
        header ??= """{"__metadata__":{"format":"pt"},"features":{"dtype":"F32","shape":[4,3],"data_offsets":[0,48]},"fc1.bias":{"dtype":"I64","shape":[1],"data_offsets":[48,56]}}""";
        var text = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + text.Length + bytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, text.Length);
        text.CopyTo(file, 8);
        return file;
    }

    /// <summary>The folder of a study that was begun, as it lies beside the tests.</summary>
    public static string StudyFolder { get; } = Path.Combine(AppContext.BaseDirectory, "Fuzzing", "Study");

    /// <summary>A file of the study that was begun: one of this name, or the only one in the folder of this name.</summary>
    public static byte[] Study(string name) => File.ReadAllBytes(Directory.Exists(Path.Combine(StudyFolder, name))
        ? Directory.EnumerateFiles(Path.Combine(StudyFolder, name)).Single()
        : Directory.EnumerateFiles(StudyFolder, name, SearchOption.AllDirectories).Single());

    public static byte[] Unzipped(byte[] gzip)
    {
        using var content = new MemoryStream();
        using var packed = new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress);
        packed.CopyTo(content);
        return content.ToArray();
    }

    public static byte[] Npy()
    {
        using var folder = new TempFolder();
        NpyFile.Write(folder["m.npy"], new FeatureMatrix(4, 3, [.. Enumerable.Range(0, 12).Select(i => (float)i)]));
        return File.ReadAllBytes(folder["m.npy"]);
    }

    public static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", name));

    public static byte[] Zip(params (string Name, string Content)[] files)
    {
        using var target = new MemoryStream();
        using (var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var entry = new StreamWriter(archive.CreateEntry(name).Open());
                entry.Write(content);
            }
        }

        return target.ToArray();
    }

    /// <summary>A tar of files, links and folders, not compressed.</summary>
    public static byte[] Tar(params (TarEntryType Type, string Name, string Content)[] entries)
    {
        using var target = new MemoryStream();
        using (var archive = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (type, name, content) in entries)
            {
                archive.WriteEntry(type is TarEntryType.RegularFile
                    ? new PaxTarEntry(type, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) }
                    : new PaxTarEntry(type, name) { LinkName = content });
            }
        }

        return target.ToArray();
    }

    /// <summary>The archive of the Bible's text: two blocks of codes.</summary>
    public static byte[] Bible()
    {
        var codes = Convert.FromHexString("61c4041c28b020411074de80105306c41b3920dcbca1835021431608d184a198664ec5856500");
        var file = new byte[84 + 16];
        "EC02 text"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(84), 4096);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(88), 2);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(92), 100);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(96), 100 + codes.Length);
        return [.. file, .. codes, .. codes];
    }

    public static IReadOnlyList<byte[]> Images { get; } =
    [
        Pictures.Encode(24, 16, Pictures.Formula),
        Pictures.Encode(24, 16, (x, y) => Pictures.Formula(x, y).WithAlpha((byte)(x * 10))),
        Pictures.Encode(24, 16, Pictures.Formula, SKEncodedImageFormat.Jpeg, 80),
        Pictures.Encode(24, 16, Pictures.Formula, SKEncodedImageFormat.Webp, 80),
        Pictures.Encode(24, 16, Pictures.Formula, SKEncodedImageFormat.Webp, 100),
        Bmp(),
        Gif(),
        Pictures.WithChunk(Pictures.WithChunk(Pictures.Encode(8, 8, Pictures.Formula), "gAMA"u8, [0, 0, 0xB1, 0x8F]), "tEXt"u8, [.. "Title\0a text"u8]),
    ];

    /// <summary>Sounds of each format that is read, as far as libsndfile is here to write them.</summary>
    public static IReadOnlyList<byte[]> Sounds()
    {
        using var folder = new TempFolder();
        List<byte[]> sounds = [Wave.Bytes(Wave.Sine(440, 2000), 16_000), Wave.Bytes(Wave.Sine(440, 2000), 8_000, 2, floats: true)];
        foreach (var format in new[] { Encoder.Flac, Encoder.OggVorbis })
        {
            if (Encoder.Write(folder["s"], Wave.Sine(440, 4000), 16_000, format))
            {
                sounds.Add(File.ReadAllBytes(folder["s"]));
            }
        }

        return sounds;
    }

    /// <summary>Puts right checksums on the chunks of a PNG file, as far as its lengths hold.</summary>
    public static byte[] WithChecksums(byte[] png)
    {
        png = (byte[])png.Clone();
        for (long at = 8; at + 12 <= png.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan((int)at));
            if (at + 12 + length > png.Length)
            {
                break;
            }

            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan((int)(at + 8 + length)), Crc32.HashToUInt32(png.AsSpan((int)at + 4, (int)length + 4)));
            at += 12 + length;
        }

        return png;
    }

    public static byte[] Zlib(byte[] content)
    {
        using var target = new MemoryStream();
        using (var zip = new ZLibStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write(content);
        }

        return target.ToArray();
    }

    private static byte[] Bmp()
    {
        var file = new byte[54 + (4 * 4 * 3)];
        "BM"u8.CopyTo(file);
        foreach (var (at, value) in new[] { (2, file.Length), (10, 54), (14, 40), (18, 4), (22, 4), (26, 1 | (24 << 16)), (34, 48) })
        {
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
        }

        return file;
    }

    private static byte[] Gif() => Convert.FromHexString("47494638396101000100800000ff0000ffffff21f90400000000002c00000000010001000002024401003b");
}
