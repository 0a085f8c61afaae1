using System.Buffers.Binary;
using System.Text.Json;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tensorboard;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Training;

/// <summary>What is written for TensorBoard is what the record has, in files that its own reader accepts.</summary>
public sealed class TensorBoardLogTests : IDisposable
{
    private static readonly Schedule s_schedule = Schedule.Start().Dense(1, 0.1).Sparse(1, 0.05, 0.5).Dense(1, 0.01).Build();
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Scalars_AreThoseOfTheRecord()
    {
        var comparison = Compare();

        foreach (var run in comparison.Runs)
        {
            var scalars = Events(_folder["board", run.Arm])
                .SelectMany(e => e.Summary?.Value.Where(v => v.ValueCase == Summary.Types.Value.ValueOneofCase.SimpleValue).Select(v => (e.Step, v.Tag, v.SimpleValue)) ?? [])
                .ToHashSet();
            var samples = run.Phases.SelectMany(p => p.Samples).ToList();
            var measured = run.Phases.SelectMany(p => p.Evaluations).Concat(run.Evaluations).ToList();
            Assert.NotEmpty(samples);
            Assert.All(samples, s => Assert.Contains((s.Step, "loss/train batch", (float)s.Loss), scalars));
            Assert.All(samples, s => Assert.Contains((s.Step, "rate", (float)s.Rate), scalars));
            Assert.All(measured, e => Assert.All(e.Metrics, m => Assert.Contains((e.Step, $"{m.Name}/{e.Split.ToString().ToLowerInvariant()}", (float)m.Value), scalars)));
            Assert.All(run.Phases.Select(p => p.End!), e => Assert.All(e.Layers, l => Assert.Contains((e.Step, $"sparsity/{l.Parameter}", (float)(1 - ((double)l.Kept / l.Weights))), scalars)));
        }
    }

    [Fact]
    public void Histograms_AreAtTheEndsOfPhasesAndCountEveryWeight()
    {
        var run = Compare().Runs[0];

        var histograms = Events(_folder["board", "dsd"]).SelectMany(e => e.Summary?.Value.Where(v => v.Histo is not null).Select(v => (e.Step, v.Tag, v.Histo)) ?? []).ToList();

        Assert.Equal(run.Phases.Sum(p => p.Start.Histograms.Count + p.End!.Histograms.Count), histograms.Count);
        Assert.All(histograms, h =>
        {
            Assert.Equal(run.Phases[0].End!.Layers.First(l => $"weights/{l.Parameter}" == h.Tag).Weights, h.Histo.Num);
            Assert.Equal(h.Histo.Num, h.Histo.Bucket.Sum());
            Assert.Equal(h.Histo.BucketLimit, h.Histo.BucketLimit.Order());
            Assert.Equal(h.Histo.Max, h.Histo.BucketLimit[^1], 9);
        });
    }

    [Fact]
    public void HyperParameters_AreTheSettings()
    {
        var start = Compare().Runs[0].Start!;

        var metadata = Events(_folder["board", "dsd"]).SelectMany(e => e.Summary?.Value.AsEnumerable() ?? []).Single(v => v.Tag == "_hparams_/session_start_info").Metadata;

        Assert.Equal("hparams", metadata.PluginData.PluginName);
        var content = metadata.PluginData.Content.CreateCodedInput();
        Assert.Equal(WireFormat.MakeTag(3, WireFormat.WireType.LengthDelimited), content.ReadTag());
        var map = Struct.Parser.ParseFrom(content.ReadBytes());
        Assert.Equal(RunSettings.Of(start).Keys.Order(), map.Fields.Keys.Order());
        Assert.Equal(start.Seed, map.Fields["seed"].NumberValue);
        Assert.Equal(0.5, map.Fields["phases.sparse.sparsity"].NumberValue);
        Assert.Equal(start.Optimizer, map.Fields["optimiser"].StringValue);
    }

    /// <summary>Of a run that goes on, the new part stands beside the first.</summary>
    [Fact]
    public void Twice_InOneFolder_KeepsBoth()
    {
        Compare();
        Compare();

        Assert.Equal(2, Directory.GetFiles(_folder["board", "dsd"]).Length);
    }

    [Fact]
    public void Folder_ThatCannotBeMade_IsRefused()
    {
        File.WriteAllText(_folder["board"], "");

        var e = Assert.Throws<DsdException>(() => Compare());

        Assert.Contains(_folder["board"], e.Message, StringComparison.Ordinal);
    }

    /// <summary>The check value that the definition of CRC-32C gives.</summary>
    [Fact]
    public void Checksum_OfTheDigits_IsTheOneOfTheDefinition() =>
        Assert.Equal(unchecked(System.Numerics.BitOperations.RotateRight(0xE3069283u, 15) + 0xa282ead8), TensorBoardFile.Checksum("123456789"u8));

    [SkippableFact]
    public void TensorBoardsOwnReader_GivesTheScalarsOfTheRecord()
    {
        var python = new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(HasTensorBoard);
        Skip.If(python is null, "no python3 that can import tensorboard");
        var run = Compare().Runs[0];

        var (exit, output, error) = ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(2), python!, ["-c", """
            import json, sys
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            log = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0}); log.Reload()
            print(json.dumps({"rates": [[e.step, e.value] for e in log.Scalars("rate")], "histograms": log.Tags()["histograms"], "plugins": list(log.summary_metadata)}))
            """, _folder["board", "dsd"]]);

        Assert.True(exit == 0, error);
        using var read = JsonDocument.Parse(output);
        Assert.Equal(run.Phases.SelectMany(p => p.Samples).Select(s => (s.Step, (float)s.Rate)), read.RootElement.GetProperty("rates").EnumerateArray().Select(e => (e[0].GetInt64(), e[1].GetSingle())));
        Assert.Equal(run.Phases[0].End!.Layers.Select(l => $"weights/{l.Parameter}").Order(), read.RootElement.GetProperty("histograms").EnumerateArray().Select(t => t.GetString()!).Order());
        Assert.Contains("_hparams_/session_start_info", read.RootElement.GetProperty("plugins").EnumerateArray().Select(t => t.GetString()));
    }

    private static bool HasTensorBoard(string python)
    {
        try
        {
            return ChildProcess.Run(Path.GetTempPath(), TimeSpan.FromMinutes(2), python, ["-c", "import tensorboard"]).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private Comparison Compare()
    {
        using var net = new ToyNet(3, 8);
        return FairComparison.Run([Arm.Dsd(s_schedule), Arm.Control(s_schedule)], net, new ToyTask(3), observer: Observer.TensorBoard(_folder["board"]));
    }

    /// <summary>The events of a folder's one file, each with whole checksums.</summary>
    private static List<Event> Events(string folder)
    {
        var bytes = File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder, "events.out.tfevents.*"))).AsSpan();
        var events = new List<Event>();
        while (bytes.Length > 0)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            Assert.Equal(TensorBoardFile.Checksum(bytes[..8]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
            var content = bytes.Slice(12, length);
            Assert.Equal(TensorBoardFile.Checksum(content), BinaryPrimitives.ReadUInt32LittleEndian(bytes[(12 + length)..]));
            events.Add(Event.Parser.ParseFrom(content.ToArray()));
            bytes = bytes[(16 + length)..];
        }

        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Assert.Equal(events.Select(e => e.WallTime), events.Select(e => e.WallTime).Order());
        return events;
    }
}
