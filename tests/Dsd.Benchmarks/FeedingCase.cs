using System.Buffers.Binary;
using System.Globalization;
using Dsd.Data;
using Dsd.Models;
using Dsd.Training;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>How fast images, captions and utterances come, and how much of a step of the paper's networks waits for them.</summary>
internal static class FeedingCase
{
    private const int Classes = 2;
    private const int Width = 500;
    private const int Height = 375;
    private const int Quality = 90;
    private const double Seconds = 5;
    private const int SamplesPerSecond = 22_050;

    public static IEnumerable<Row> Rows(Bench bench) => [.. Images(bench), .. Captions(bench), .. Speech(bench)];

    private static IEnumerable<Row> Images(Bench bench)
    {
        var (side, batch, images) = bench.Effort.Pick((224, 16, 96), (32, 4, 24));
        var folder = Directory.CreateTempSubdirectory("dsd-images-");
        try
        {
            var files = Draw(folder.FullName, images);
            var data = ImageFolder.Open(folder.FullName, side);
            var ahead = (ImageClassification)data.Task(batch, seed: 1, Augmentation.Reference);
            var alone = (ImageClassification)data.Task(batch, seed: 1, Augmentation.Reference);
            using var inMemory = randn(batch, 3, side, side);
            using var labels = randint(Classes, [batch], dtype: ScalarType.Int64);
            using var folderRun = OurRun.InPhase(new("resnet-18", Create, ahead, inMemory, labels, batch), sparse: true);
            using var memoryRun = OurRun.InPhase(new("resnet-18", Create, new TensorTask(inMemory, labels, batch), inMemory, labels, batch), sparse: true);
            using var target = empty(batch, 3, side, side);
            var (step, file) = (0L, 0);
            var timings = bench.Time(
                folderRun.AsContender("step on a folder"),
                memoryRun.AsContender("step on memory"),
                Contender.Repeated("batch of a folder", () => Take(alone.Batch(step++)), batch),
                Contender.Repeated("image by hand", () => ByHand(files[file++ % files.Count], side, target)));
            yield return PerSecond(bench, "images", timings[2], string.Create(CultureInfo.InvariantCulture, $"JPEG of {Width}×{Height}, decoded, cropped to {side}×{side}, varied by the reference recipe, all processors"));
            yield return bench.Ratio("an image by hand with SkiaSharp, decoded whole, resized, one thread / this project's reader", timings[3], timings[2]);
            yield return Waiting(bench, "ResNet-18, images", timings[0], timings[1], $"batch {batch}, {side}×{side}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        static nn.Module<Tensor, Tensor> Create() => new ResNet18(classes: Classes);
    }

    private static IEnumerable<Row> Captions(Bench bench)
    {
        const int Features = 4096;
        const int Words = 11;
        var (images, batch) = bench.Effort.Pick((500, 100), (40, 20));
        var random = new Random(1);
        CaptionSplit Split(string part, int count) => new(
            [.. Enumerable.Range(0, count * Features).Select(_ => random.NextSingle())],
            Features,
            [.. Enumerable.Range(0, count).Select(i => new CaptionedImage($"{part}{i}", [.. Enumerable.Range(0, 5).Select(_ => Enumerable.Range(0, Words).Select(_ => $"w{random.Next(200)}").ToArray())]))]);
        var data = new CaptionDataset("noise", Split("a", images), Split("b", 2), Split("c", 2), threshold: 1);
        var task = new Captioning(data, batch, seed: 1);
        using var model = new NeuralTalk(Features, data.Vocabulary.Count);
        var step = 0L;
        var timings = bench.Time(
            Contender.Repeated("batch of captions", () => Take(task.Batch(step++)), batch),
            Contender.Repeated("NeuralTalk", () => Pass(model, task, step++), batch));
        yield return PerSecond(bench, "captions", timings[0], "as tensors, one thread");
        yield return Share(bench, "NeuralTalk, captions", timings[0], timings[1], $"batch {batch}, {Words} words");
    }

    private static IEnumerable<Row> Speech(Bench bench)
    {
        if (!Recording.CanRead)
        {
            yield return bench.Skipped("utterances a second", "1/s", null, "needs libsndfile");
            yield break;
        }

        var (count, batch, width) = bench.Effort.Pick((32, 8, 1.0), (4, 2, 0.1));
        var folder = Directory.CreateTempSubdirectory("dsd-sounds-");
        try
        {
            var path = Path.Combine(folder.FullName, "noise.wav");
            WriteNoise(path);
            var spectrogram = Spectrogram.Of(Recording.Read(path));
            var utterances = Enumerable.Range(0, count).Select(i => new Utterance($"u{i}", spectrogram, "the quick brown fox jumps over the lazy dog")).ToList();
            var data = new SpeechDataset("noise", utterances, utterances.Take(1), utterances.Take(1));
            var task = new SpeechRecognition(data, batch, seed: 1);
            using var model = new DeepSpeech(Spectrogram.Bins, data.Alphabet.Classes, width);
            var step = 0L;
            var timings = bench.Time(
                Contender.Repeated("utterance", () => Spectrogram.Of(Recording.Read(path))),
                Contender.Repeated("batch of utterances", () => Take(task.Batch(step++)), batch),
                Contender.Repeated("Deep Speech", () => Pass(model, task, step++), batch));
            yield return PerSecond(bench, "utterances", timings[0], $"WAV of {Seconds} s, 22,050 Hz, to 16,000 Hz and to a spectrogram; once, before training");
            yield return Share(bench, "Deep Speech, utterances", timings[1], timings[2], $"batch {batch}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Row PerSecond(Bench bench, string what, Timing unit, string note)
    {
        var seconds = unit.Times(1);
        return bench.Spread($"{what} a second", new(1 / seconds.High, 1 / seconds.Median, 1 / seconds.Low), "1/s", note: note);
    }

    /// <summary>What a step on prepared data does not take, as a part of the step.</summary>
    private static Row Waiting(Bench bench, string what, Timing whole, Timing without, string note)
    {
        var ratio = without.Over(whole);
        return bench.Spread($"{what}: a step's wait for data", new(100 * (1 - ratio.High), 100 * (1 - ratio.Median), 100 * (1 - ratio.Low)), "%", note: note);
    }

    /// <summary>Making a batch, as a part of what a network takes with it.</summary>
    private static Row Share(Bench bench, string what, Timing batch, Timing whole, string note)
    {
        var ratio = batch.Over(whole);
        return bench.Spread($"{what}: a batch in forward and backward", new(100 * ratio.Low, 100 * ratio.Median, 100 * ratio.High), "%", note: note);
    }

    private static void Pass(nn.Module model, ITrainingTask task, long step)
    {
        using var scope = NewDisposeScope();
        model.zero_grad();
        task.Loss(model, step).backward();
    }

    private static void Take(System.Runtime.CompilerServices.ITuple batch)
    {
        for (var i = 0; i < batch.Length; i++)
        {
            (batch[i] as IDisposable)?.Dispose();
        }
    }

    /// <summary>Soft shapes with some noise, as photographs compress; in two classes, for learning and testing.</summary>
    private static List<string> Draw(string folder, int count)
    {
        var random = new Random(1);
        var files = new List<string>();
        foreach (var part in new[] { "train", "val" })
        {
            for (var i = 0; i < count; i++)
            {
                var path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, part, $"class{i % Classes}")).FullName, $"{i}.jpg");
                var (a, b, phase) = (random.NextDouble() / 20, random.NextDouble() / 20, random.NextDouble() * 7);
                var colours = new SKColor[Width * Height];
                for (var p = 0; p < colours.Length; p++)
                {
                    var wave = 110 + (90 * Math.Sin((a * (p % Width)) + (b * (p / Width)) + phase));
                    colours[p] = new((byte)(wave + random.Next(20)), (byte)((wave / 2) + random.Next(20)), (byte)(220 - wave + random.Next(20)));
                }

                using var image = new SKBitmap(Width, Height) { Pixels = colours };
                using var file = File.Create(path);
                image.Encode(file, SKEncodedImageFormat.Jpeg, Quality);
                files.Add(path);
            }
        }

        return files;
    }

    /// <summary>An image as one would read it: decoded whole, resized, and copied colour by colour.</summary>
    private static void ByHand(string path, int side, Tensor target)
    {
        using var whole = SKBitmap.Decode(path);
        using var resized = whole.Resize(new SKImageInfo(side, side), SKFilterQuality.Medium);
        var colours = resized.Pixels;
        var numbers = new float[3 * side * side];
        for (var i = 0; i < colours.Length; i++)
        {
            numbers[i] = colours[i].Red / 255f;
            numbers[colours.Length + i] = colours[i].Green / 255f;
            numbers[(2 * colours.Length) + i] = colours[i].Blue / 255f;
        }

        using var image = tensor(numbers, [3, side, side]);
        using var place = target[0];
        place.copy_(image);
    }

    /// <summary>A WAV file of noise: one channel, 16 bits.</summary>
    private static void WriteNoise(string path)
    {
        const int Header = 44;
        var random = new Random(1);
        var samples = (int)(Seconds * SamplesPerSecond);
        var bytes = new byte[Header + (2 * samples)];
        "RIFF"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), bytes.Length - 8);
        "WAVEfmt "u8.CopyTo(bytes.AsSpan(8));
        int[] format = [16, 1 | (1 << 16), SamplesPerSecond, 2 * SamplesPerSecond, 2 | (16 << 16)];
        for (var i = 0; i < format.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16 + (4 * i)), format[i]);
        }

        "data"u8.CopyTo(bytes.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), 2 * samples);
        for (var i = 0; i < samples; i++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(Header + (2 * i)), (short)random.Next(-9_000, 9_000));
        }

        File.WriteAllBytes(path, bytes);
    }
}
