using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Dsd.Charts;
using Dsd.Checkpoints;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Data.Tests.Fuzzing;

/// <summary>All parsers of files that come from elsewhere, each with what is done with its content.</summary>
internal static class FuzzTargets
{
    private const string OfLayout = "a dog runs far";

    private static readonly Lazy<StudyPlan> s_plan = new(() => StudyPlan.OfRecord(Study.FromJson(Samples.StudyText), new CatalogTrials()));

    private static readonly Lazy<byte[]> s_hashCache = new(() =>
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data"]);
        File.WriteAllText(folder["data", "a"], "one");
        File.SetLastWriteTimeUtc(folder["data", "a"], DateTime.UtcNow.AddDays(-1));
        _ = FileHashes.Of(folder["data"], ["a"], folder["cache"]);
        return File.ReadAllBytes(FileHashes.CacheFile(folder["data"], folder["cache"])!);
    });

    private static readonly string s_captions = JsonSerializer.Serialize(new
    {
        dataset = "flickr8k",
        images = Enumerable.Range(0, 4).Select(i => new
        {
            filename = $"{i}.jpg",
            imgid = i,
            split = new[] { "train", "restval", "val", "test" }[i],
            sentences = Enumerable.Range(0, 5).Select(_ => new { tokens = OfLayout.Split(' '), raw = OfLayout }),
        }),
    });

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("schedule", "schedule.json", () => [Utf8(Samples.Schedule.ToJson()), Utf8(Study.FromJson(Samples.StudyText).Variants[0].Schedule.ToJson())], path =>
        {
            var schedule = Schedule.FromJson(File.ReadAllText(path));
            Equal(schedule, Schedule.FromJson(schedule.ToJson()));
        }),
        new("run-config", "run.json", () => [Utf8(Samples.Config.ToJson())], path =>
        {
            var config = RunConfig.FromJson(File.ReadAllText(path));
            Equal(config, RunConfig.FromJson(config.ToJson()));
        }),
        new("study", "study.json", () => [Utf8(Samples.StudyText), Utf8(Study.FromJson(Samples.StudyText).ToJson())], path =>
        {
            var study = Study.FromJson(File.ReadAllText(path));
            Equal(study.ToJson(), Study.FromJson(study.ToJson()).ToJson());
        }),
        new("event", "event.json", () => [.. Encoding.UTF8.GetString(Samples.Log()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Utf8)], path =>
        {
            var happened = EventLog.FromLine(File.ReadAllText(path));
            Equal(happened, EventLog.FromLine(EventLog.ToLine(happened)));
        })
        { Allowed = [typeof(JsonException)] },
        new("record", "events.jsonl", () => [Samples.Log(), Samples.Log("control")], path =>
        {
            var folder = Path.Combine(Path.GetDirectoryName(path)!, "run");
            Directory.CreateDirectory(Path.Combine(folder, "dsd"));
            Directory.CreateDirectory(Path.Combine(folder, "other"));
            File.Copy(path, Path.Combine(folder, "dsd", "events.jsonl"));
            File.WriteAllBytes(Path.Combine(folder, "other", "events.jsonl"), Samples.Log("other"));
            var comparison = Comparison.Load(folder);
            _ = comparison.Describe() + string.Concat(comparison.Runs.Select(r => r.Describe()));
            _ = Report.Markdown(comparison, null);
        })
        { Share = 0.7 },
        new("report", "events.jsonl", () => [Samples.Log()], path =>
        {
            var comparison = new Comparison([RunRecord.Load(path)]);
            _ = comparison.Describe() + Report.Html(comparison, null) + Report.Markdown(comparison, null);
        })
        { Share = 0.15, MostManaged = 512L << 20 },
        new("study-csv", "trials.csv", () => [Samples.Csv()], path =>
        {
            var results = StudyResults.FromCsv(s_plan.Value, File.ReadAllText(path));
            _ = results.Describe();
            Equal(results.ToCsv(), StudyResults.FromCsv(s_plan.Value, results.ToCsv()).ToCsv());
        }),
        new("data-list", "files.tsv.gz", () => [Samples.Study("data")], path =>
        {
            // It only serves messages: what cannot be read is as if there were none.
            _ = DataInventory.Read(path, "fashion-mnist", "ff4ba43b1da871850374192df783d5ff");
        })
        { Own = [(file, random) => Tiny.Gzip(Mutations.Bytes(Samples.Unzipped(file), file, random))], Share = 0.5 },
        new("trial-note", "trial.json", () => [Samples.Study("trial.json")], path => ReadStudy(path, "trial.json")) { Share = 0.3 },
        new("study-in-its-folder", "study.json", () => [Samples.Study("study.json")], path => ReadStudy(path, "study.json")) { Share = 0.3 },
        new("safetensors", "features.safetensors", () => [Samples.SafeTensors(), Samples.SafeTensors("{}", 0)], path =>
        {
            foreach (var name in WeightFile.Shapes(path).Keys)
            {
                using var tensor = WeightFile.ReadTensor(path, name);
            }

            _ = WeightFile.Metadata(path);
            foreach (var mask in WeightFile.Masks(path).Values)
            {
                _ = mask.Kept;
            }
        })
        { Own = [(file, random) => Framed(Mutations.Text(file[8..^Math.Min(56, file.Length - 8)], random), random)], MostResident = 256L << 20 },
        new("weights-index", "model.safetensors.index.json", () => [Utf8("""{"metadata":{"total_size":56},"weight_map":{"features":"one.safetensors","fc1.bias":"one.safetensors"}}""")], path =>
        {
            File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(path)!, "one.safetensors"), Samples.SafeTensors());
            _ = WeightFile.Shapes(Path.GetDirectoryName(path)!);
            using var tensor = WeightFile.ReadTensor(path, "features");
        })
        { Share = 0.5 },
        new("checkpoint", "step-5.safetensors", () => [CheckpointSample.Make()], path =>
        {
            using var checkpoint = CheckpointFile.Read(path);
            _ = checkpoint.Events.Values.Select(EventLog.Parse).ToList();
        })
        { Own = [CheckpointSample.Forged], MostResident = 256L << 20 },
        new("pickle", "weights.pth", () => [Samples.SafeTensors()], path => _ = WeightFile.Shapes(path)) { Own = [(_, random) => Mutations.Bytes(Samples.Zip(("archive/data.pkl", "x"), ("archive/data/0", "y")), Samples.SafeTensors(), random)], Share = 0.5 },
        new("npy", "features.npy", () => [Samples.Npy(), Samples.Fixture("features-64-columns-first.npy")], path => Same(NpyFile.Read(path, sizesOnly: true), NpyFile.Read(path)))
        { Own = [(file, random) => [.. file[..10], .. Mutations.Text(file[10..^48], random), .. file[^48..]]] },
        new("mat", "vgg_feats.mat", () => [Samples.Fixture("feats-plain.mat"), Samples.Fixture("feats-packed.mat")], path => Same(MatFile.Read(path, sizesOnly: true), MatFile.Read(path)))
        { Own = [(_, random) => Packed(Mutations.Bytes(Samples.Fixture("feats-plain.mat")[128..], [1, 2, 3], random))] },
        new("captions", "dataset.json", () => [Utf8(s_captions)], path =>
        {
            var folder = Path.GetDirectoryName(path)!;
            File.WriteAllBytes(Path.Combine(folder, "features.npy"), Samples.Npy());
            var captions = CaptionFolder.Open(folder);
            _ = captions.Problems();
            _ = captions.Load("captions");
        })
        { Allowed = [typeof(ArgumentException)] },
        new("idx", "images.gz", () => [Tiny.Idx([4, 3, 2], Tiny.Bytes(24)), Tiny.Gzip(Tiny.Idx([4, 3, 2], Tiny.Bytes(24))), Tiny.Idx([0], [])], path => _ = IdxFile.Read(path).Sha256())
        { Own = [(_, random) => Tiny.Gzip(Mutations.Bytes(Tiny.Idx([4, 3, 2], Tiny.Bytes(24)), [0, 0, 8, 1], random))] },
        new("zip", "pack.zip", () => [Samples.Zip(("a/one.txt", "1\n"), ("two.txt", new string('2', 300))), Samples.Zip(("../../dsd-fuzz-escaped", "x"), ("/tmp/dsd-fuzz-escaped", "x"))], path => _ = PublishedPack.Read(path).Sha256()),
        new("npm-archive", "tiny-1.tgz", () => [Tiny.Gzip(Tar)], Npm) { Own = [(_, random) => Tiny.Gzip(Mutations.Bytes(Tar, HostileTar, random)), (_, random) => Tiny.Gzip(Mutations.Bytes(HostileTar, Tar, random))], Share = 0.5 },
        new("bible-archive", "bible.data", () => [Samples.Bible()], path => _ = BibleArchive.Read(File.ReadAllBytes(path))),
        new("image", "a.png", () => Samples.Images, path =>
        {
            using var bytes = FileBytes.Read(path);
            using var file = ImageFile.Open(bytes.Memory);
            foreach (var scale in new[] { 1, 0.2 })
            {
                var (width, height) = file.ScaledSize(scale);
                using var image = file.Decode(width, height);
                Resampler.Resize(image, image.All, (32, 32), new(0, 0, 32, 32), 3, new float[3 * 32 * 32]);
            }
        })
        {
            Own = [(file, random) => Samples.WithChecksums(Mutations.Bytes(file, Samples.Images[0], random))],
            MostManaged = 1L << 30, // twice the pixels of the largest image
            MostResident = 2L << 30,
        },
        new("sound", "a.wav", Samples.Sounds, path =>
        {
            var (recording, problem) = Recording.TryRead(path, 60);
            _ = recording is null ? throw new DsdException(problem!) : Spectrogram.TryOf(recording);
        })
        { MostManaged = 512L << 20, MostResident = 512L << 20 },
        new("manifest", "train.tsv", () => [Utf8("# sounds\na.wav\tABC\nb.wav\tA BÉ\n")], path =>
        {
            var folder = Path.GetDirectoryName(path)!;
            foreach (var name in new[] { "a.wav", "b.wav" })
            {
                File.WriteAllBytes(Path.Combine(folder, name), [1]);
            }

            File.WriteAllText(Path.Combine(folder, "validation.tsv"), "a.wav\tA\n");
            File.WriteAllText(Path.Combine(folder, "test.tsv"), "b.wav\tB\n");
            _ = SpeechManifest.Open(folder).Count(DataSplit.Train);
        }),
        new("bible-text", "bible-kjv.txt", () => [Utf8("Ge1:1 In the beginning God created.\nGe1:2 And the earth.\nRuth1:1 Now it came.\n")], path => _ = BibleKjv.Books(PublishedText.Read(path).Text)),
        new("cached-hashes", "cache", () => [s_hashCache.Value], path =>
        {
            // A cache is never an error: what cannot be read is computed again.
            var folder = Path.GetDirectoryName(path)!;
            var (data, cache) = (Path.Combine(folder, "data"), Path.Combine(folder, "cached"));
            Directory.CreateDirectory(data);
            File.WriteAllText(Path.Combine(data, "a"), "one");
            var file = FileHashes.CacheFile(data, cache)!;
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Copy(path, file);
            Equal("7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed", FileHashes.Of(data, ["a"], cache)[0]);
        }),
    ];

    private static byte[] Tar => Samples.Tar((TarEntryType.RegularFile, "package/a.txt", "one"), (TarEntryType.RegularFile, "package/b/c.txt", "two"));

    private static byte[] HostileTar => Samples.Tar(
        (TarEntryType.RegularFile, "package/../../../dsd-fuzz-escaped", "x"),
        (TarEntryType.SymbolicLink, "package/link", "/tmp"),
        (TarEntryType.RegularFile, "package/link/dsd-fuzz-escaped", "x"),
        (TarEntryType.HardLink, "package/hard", "/etc/passwd"),
        (TarEntryType.RegularFile, "/tmp/dsd-fuzz-escaped", "x"),
        (TarEntryType.RegularFile, "package/a.txt", "one"));

    /// <summary>Takes a package from a file placed by hand, whose hash was published: even then nothing leaves the folder.</summary>
    private static void Npm(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        var package = new NpmPackage("tiny", "1", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))), ["package/"]);
        var set = new PublishedSet("tiny", "none", "1 kB", [], null, Tiny.Page, [new("a.txt", "", 1000)]) { NpmPackages = [package], TakeOut = (_, _) => null };
        using var staging = new StagingFolder(Path.Combine(folder, "data", "tiny"));
        try
        {
            _ = new NpmDownload((_, _, _, _, _) => throw new NotSupportedException()).Fetch(set, [folder], staging, _ => { }, default).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // As the downloader reports them.
            throw new DsdException(e.Message, e);
        }
    }

    /// <summary>Reads the folder of a study in which one file is this one.</summary>
    private static void ReadStudy(string path, string name)
    {
        var folder = Path.Combine(Path.GetDirectoryName(path)!, "study");
        foreach (var file in Directory.EnumerateFiles(Samples.StudyFolder, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(Samples.StudyFolder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.GetFileName(file) == name ? path : file, copy);
        }

        _ = StudyResults.Read(folder, new CatalogTrials()).Describe();
    }

    private static byte[] Framed(byte[] header, Random random) => Samples.SafeTensors(Encoding.UTF8.GetString(header), random.Next(3) == 0 ? random.Next(100) : 56);

    /// <summary>A MATLAB file of one compressed element.</summary>
    private static byte[] Packed(byte[] element)
    {
        var packed = Samples.Zlib(element);
        return [.. Samples.Fixture("feats-plain.mat")[..128], 15, 0, 0, 0, .. BitConverter.GetBytes(packed.Length), .. packed];
    }

    private static void Same(FeatureMatrix sizes, FeatureMatrix whole) => Equal((sizes.Rows, sizes.Columns), (whole.Rows, whole.Columns));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static void Equal<T>(T expected, T found)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            var (a, b) = ($"{expected}", $"{found}");
            var at = a.Zip(b).TakeWhile(c => c.First == c.Second).Count();
            throw new InvalidOperationException($"what is written again reads otherwise: {a[at..Math.Min(a.Length, at + 40)]} and {b[at..Math.Min(b.Length, at + 40)]}".ReplaceLineEndings(" "));
        }
    }
}
