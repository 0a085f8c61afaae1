using Dsd.Records;
using Dsd.Schedules;
using Dsd.Tests.Plans;
using Dsd.Torch;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Records;

public sealed class EventLogTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.jsonl");

    public void Dispose() => File.Delete(_path);

    private static TorchRuntimeState Runtime { get; } = new(
        new(InterventionStatus.NotApplicable, "a"), new(InterventionStatus.Applied, "b"), new(InterventionStatus.Applied, "c"),
        new(InterventionStatus.Off, "d"), new(InterventionStatus.Applied, "e"), new(InterventionStatus.Applied, "f"));

    public static IReadOnlyList<TrainingEvent> Events { get; } =
    [
        new RunStarted("dsd", Schedule.Dsd(Duration.Steps(2), Duration.Steps(2), Duration.Steps(2), 0.3, 0.1, LayerScope.Default.Keep("<script>\"é")), "lenet-5", Shapes.LeNet5, "fashion-mnist", 3, "batch 64", "sgd", 0.5, -7, "cpu", 2, "Linux", "0.1.0", new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.FromHours(1)), DataProblems: [new DataProblem(DataProblemKind.InTwoParts, DataSplit.Test, "images", 2, ["é = a"])], Runtime: Runtime),
        new PhaseStarted(0, "dense", 0, 2, [WeightHistogram.Of("fc.weight", [0f, 1f, -2f, float.NaN])]),
        new MaskComputed(0, 0, [new LayerMask("fc.weight", 10, 7, 3, 0)]),
        new StepSampled(1, 0.1, double.NaN, ["conv1 in fp32"]),
        new Evaluated(2, DataSplit.Validation, [Metric.Accuracy.Of(0.5), Metric.Loss.Of(double.PositiveInfinity)]),
        new PhaseEnded(0, 2, [new LayerCount("fc.weight", 10, 7, 6)], [], 1.5),
        new Evaluated(2, DataSplit.Test, [Metric.Accuracy.Of(1 / 3.0)], [new DataProblem(DataProblemKind.LeftOut, null, "images", 1, [])]),
        new RunEnded(2, RunOutcome.Failed, "line\nbreak", 2.5),
    ];

    /// <summary>Values of JSON that no event has: each is an error of JSON, as the documentation says.</summary>
    [Theory]
    [InlineData("""{"step":1}""")]
    [InlineData("""{"event":"runEnded","step":1,"outcome":1,"message":null,"elapsedSeconds":1}""")]
    [InlineData("""{"event":"maskComputed","phase":0,"step":0,"layers":[null]}""")]
    [InlineData("""{"event":"phaseEnded","phase":0,"step":0,"layers":[],"histograms":[null],"elapsedSeconds":1}""")]
    [InlineData("""{"event":"phaseStarted","phase":0,"name":"x","step":0,"steps":1,"histograms":[{"parameter":"a","range":1,"zeros":0,"counts":[null],"notFinite":0}]}""")]
    [InlineData("""{"event":"stepSampled","step":0,"rate":1,"loss":1,"computedOtherwise":[null]}""")]
    [InlineData("""{"event":"evaluated","step":0,"split":"test","metrics":[],"leftOut":[null]}""")]
    [InlineData("""{"event":"evaluated","step":0,"split":2,"metrics":[]}""")]
    [InlineData("""{"event":"evaluated","step":9223372036854775808,"split":"test","metrics":[]}""")]
    [InlineData("""{"event":"evaluated","step":0,"split":"test","metrics":[{"name":"accuracy","value":0,"goal":"higher","meanOverExamples":true,"examples":4194304,"outcomes":"AAAA"}]}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public void FromLine_OfNoEvent_ThrowsJsonException(string line) => Assert.ThrowsAny<System.Text.Json.JsonException>(() => EventLog.FromLine(line));

    [Fact]
    public void ToLine_OfMasks_NamesUnrecordedUpdatesWhereThereAreSome()
    {
        var masks = Events.OfType<MaskComputed>().First();
        Assert.Equal("""{"event":"maskComputed","phase":0,"step":0,"layers":[{"parameter":"fc.weight","weights":10,"kept":7,"newlyPruned":3,"regrown":0}]}""", EventLog.ToLine(masks));
        var sparse = masks with { Unrecorded = 4 };
        Assert.EndsWith("""],"unrecorded":4}""", EventLog.ToLine(sparse), StringComparison.Ordinal);
        Assert.Equal(sparse, EventLog.FromLine(EventLog.ToLine(sparse)));
    }

    [Fact]
    public void Read_WhatWasWritten_IsEqual()
    {
        Write();
        Assert.Equal(Events, EventLog.Read(_path));
        Assert.Equal(Events.Count, File.ReadAllLines(_path).Length);
    }

    [Fact]
    public void Write_AnEventThatReadWouldRefuse_IsRefusedAndLeavesNothing()
    {
        using (var log = new EventLog(_path))
        {
            log.Write(Events[0]);
            Assert.Contains("a line holds at most 67108864", Assert.Throws<DsdException>(() => log.Write(new RunEnded(1, RunOutcome.Failed, new string('x', 1 << 26), 1))).Message, StringComparison.Ordinal);
            log.Write(Events[1]);
        }

        Assert.Equal(Events.Take(2), EventLog.Read(_path));
    }

    [Fact]
    public void ToLine_NothingWrongWithTheData_IsAsBeforeThatWasRecorded()
    {
        Assert.DoesNotContain("leftOut", EventLog.ToLine(Events[4]), StringComparison.Ordinal);
        Assert.DoesNotContain("leftOut", EventLog.ToLine(Events[5]), StringComparison.Ordinal);
        Assert.DoesNotContain("dataProblems", EventLog.ToLine((RunStarted)Events[0] with { DataProblems = null }), StringComparison.Ordinal);
    }

    [Fact]
    public void Runtime_IsTypedAndOlderLogsLackIt()
    {
        var line = EventLog.ToLine(Events[0]);
        Assert.Contains("\"runtime\":{\"nativeLoading\":{\"status\":\"notApplicable\",\"reason\":\"a\"}", line, StringComparison.Ordinal);
        Assert.Equal("checked oneDNN, no NNPACK, kept memory, kept scalars; off: wide MKL", $"{((RunStarted)EventLog.FromLine(line)).Runtime}");

        // As older versions wrote these events.
        var paused = line.Replace("keptScalars", "collectionPause", StringComparison.Ordinal);
        Assert.Equal("checked oneDNN, no NNPACK, kept memory, collection pause; off: wide MKL", $"{((RunStarted)EventLog.FromLine(paused)).Runtime}");
        Assert.Equal(paused, EventLog.ToLine(EventLog.FromLine(paused)));

        // Earlier versions recorded no libtorch.
        Assert.DoesNotContain("libTorch", line, StringComparison.Ordinal);
        var named = EventLog.ToLine((RunStarted)Events[0] with { Runtime = Runtime with { LibTorch = new(InterventionStatus.Applied, "PyTorch 2.11.0+cu130 with CUDA 13.0") } });
        Assert.Contains("\"libTorch\":{\"status\":\"applied\",\"reason\":\"PyTorch 2.11.0+cu130 with CUDA 13.0\"}", named.Replace("\\u002B", "+", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal("checked oneDNN, no NNPACK, kept memory, kept scalars, named libtorch; off: wide MKL", $"{((RunStarted)EventLog.FromLine(named)).Runtime}");
        var older = EventLog.ToLine((RunStarted)Events[0] with { Runtime = null });
        Assert.DoesNotContain("runtime", older, StringComparison.Ordinal);
        Assert.Null(((RunStarted)EventLog.FromLine(older)).Runtime);
        Assert.Null(((StepSampled)EventLog.FromLine("""{"event":"stepSampled","step":1,"rate":0.1,"loss":2}""")).ComputedOtherwise);
    }

    [Fact]
    public void Computation_OfARecord_NamesEachLayerOnce()
    {
        var evaluated = (Evaluated)Events[4] with { ComputedOtherwise = ["conv1 in fp32", "a in fp32"] };
        Assert.Equal("fp32; a in fp32; conv1 in fp32", RunRecord.Fold([.. Events.Take(4), evaluated, .. Events.Skip(5)]).Computation);
        Assert.Equal("", RunRecord.Empty.Computation);
    }

    [Fact]
    public void DataProblems_OfARecord_AreThoseOfAllEventsEachWithItsLargestCount()
    {
        DataProblem Left(DataSplit split, long count) => new(DataProblemKind.LeftOut, split, "images", count, ["x"]);
        var start = ((RunStarted)Events[0]).DataProblems![0];
        var record = RunRecord.Fold(
        [
            .. Events.Take(5),
            new Evaluated(2, DataSplit.Validation, [], [Left(DataSplit.Validation, 2)]),
            new Evaluated(2, DataSplit.Validation, [], [Left(DataSplit.Validation, 1)]),
            (PhaseEnded)Events[5] with { LeftOut = [Left(DataSplit.Train, 3)] },
            .. Events.Skip(6),
        ]);
        Assert.Equal([start, Left(DataSplit.Train, 3), Left(DataSplit.Validation, 2), new(DataProblemKind.LeftOut, null, "images", 1, [])], record.DataProblems);
        Assert.Contains("Left out, train: images: 3 (x; and 2 more).", record.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_ManyNames_KeepsTheCountAndTheFirst()
    {
        var problem = DataProblem.Of(DataProblemKind.LeftOut, DataSplit.Test, "images", Enumerable.Range(0, 250).Select(i => $"{i:000}").Reverse())!;
        Assert.Equal((250L, DataProblem.MostExamples, "000"), (problem.Count, problem.Examples.Count, problem.Examples[0]));
        Assert.Equal("Left out, test: images: 250 (000; 001; 002; and 247 more)", problem.ToString());
        Assert.Null(DataProblem.Of(DataProblemKind.LeftOut, null, "images", []));
    }

    [Fact]
    public void Read_BrokenOffAnywhere_GivesEveryWholeEventBefore()
    {
        Write();
        var bytes = File.ReadAllBytes(_path);
        for (var length = 0; length < bytes.Length; length += 7)
        {
            File.WriteAllBytes(_path, bytes[..length]);
            var whole = bytes[..length].Count(b => b == (byte)'\n');
            var read = EventLog.Read(_path);
            Assert.InRange(read.Count, whole, whole + 1);
            Assert.Equal(Events.Take(read.Count), read);
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("nonsense")]
    [InlineData("""{"event":"other"}""")]
    [InlineData("""{"event":"stepSampled","step":1,"rate":0.1}""")]
    [InlineData("""{"event":"stepSampled","step":1,"rate":0.1,"loss":1,"more":2}""")]
    [InlineData("""{"event":"stepSampled","step":"x","rate":0.1,"loss":1}""")]
    [InlineData("""{"event":"phaseStarted","phase":0,"name":null,"step":0,"steps":2,"histograms":[]}""")]
    public void Read_LineInTheMiddleIsNoEvent_NamesTheLine(string line)
    {
        File.WriteAllText(_path, EventLog.ToLine(Events[3]) + "\n" + line + "\n" + EventLog.ToLine(Events[3]) + "\n");
        var e = Assert.Throws<DsdException>(() => EventLog.Read(_path));
        Assert.Contains("line 2", e.Message);
        Assert.DoesNotContain("Dsd.", e.Message);
    }

    [Fact]
    public void Open_FileExists_IsRefusedAndKept()
    {
        File.WriteAllText(_path, "mine");
        Assert.Throws<IOException>(() => new EventLog(_path));
        Assert.Equal("mine", File.ReadAllText(_path));
        Assert.Contains("no such event log", Assert.Throws<DsdException>(() => EventLog.Read(_path + "x")).Message);
    }

    [Fact]
    public void Fold_Events_IsTheRecord()
    {
        var record = RunRecord.Fold(Events);
        Assert.Equal("dsd", record.Arm);
        Assert.Equal(1 / 3.0, record.Test!.Value("accuracy"));
        Assert.Equal(0.5, record.Validation!.Value("accuracy"));
        Assert.Equal(0.3, record.Phases[0].Sparsity!.Value, 12);
        Assert.Throws<InvalidOperationException>(() => RunRecord.Empty.Apply(Events[3]));
    }

    private void Write()
    {
        using var log = new EventLog(_path);
        foreach (var e in Events)
        {
            log.Write(e);
        }
    }
}
