using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Tests.Plans;
using FsCheck.Xunit;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Records;

/// <summary>Reading runs back: what fits is read as it was, and what does not is refused with its place and the reason.</summary>
public sealed class RunReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Records whose parts do not fit, each with a piece of the reason.</summary>
    public static TheoryData<string, string> Misfits => new()
    {
        { "no start", "its first event is not the start of a run" },
        { "end alone", "its first event is not the start of a run" },
        { "test alone", "its first event is not the start of a run" },
        { "sample first", "an event of a phase comes before the phase" },
        { "two starts", "it starts twice" },
        { "no step an epoch", "an epoch has no step" },
        { "phases swapped", "its phase 'sparse' is out of order" },
        { "phase left out", "its phase 'sparse' is out of order" },
        { "phase twice", "its phase 'dense' is out of order" },
        { "too many phases", "it has more phases than its schedule" },
        { "steps missing", "its phase 'dense' is out of order" },
        { "negative step", "its phase 'dense' is out of order" },
        { "no bins", "a histogram of its phase 'dense' is invalid" },
        { "even bins", "a histogram of its phase 'dense' is invalid" },
        { "too many bins", "a histogram of its phase 'dense' is invalid" },
        { "negative count", "a histogram of its phase 'dense' is invalid" },
        { "negative zeros", "a histogram of its phase 'dense' is invalid" },
        { "negative range", "a histogram of its phase 'dense' is invalid" },
        { "endless range", "a histogram of its phase 'dense' is invalid" },
        { "range of no float", "a histogram of its phase 'dense' is invalid" },
        { "tiny range", "a histogram of its phase 'dense' is invalid" },
        { "bad histogram at the end", "a histogram of its phase 'sparse' is invalid" },
        { "mask keeps too much", "a mask of its phase 'sparse' counts more weights than there are" },
        { "mask prunes too much anew", "a mask of its phase 'sparse' counts more weights than there are" },
        { "mask regrows less than none", "a mask of its phase 'sparse' counts more weights than there are" },
        { "mask keeps less than none", "a mask of its phase 'sparse' counts more weights than there are" },
        { "mask left out less than none", "a mask of its phase 'sparse' counts more weights than there are" },
        { "layer keeps too much", "layers that do not fit each other" },
        { "layer has more than all", "layers that do not fit each other" },
        { "other layer", "layers that do not fit each other" },
        { "layer left out", "layers that do not fit each other" },
        { "other histogram", "layers that do not fit each other" },
        { "histogram of too many", "a histogram of its phase 'dense' is invalid" },
        { "not finite below zero", "a histogram of its phase 'dense' is invalid" },
        { "steps without end", "its phase 'dense' is out of order" },
        { "left out without number", "its data have a problem with no number of examples that can be" },
        { "countless weights", "layers that do not fit each other" },
    };

    [Fact]
    public void Load_WholeRun_IsItsFold()
    {
        var events = Events();
        Assert.Equal(RunRecord.Fold(events), RunRecord.Load(Write("dsd", events)));
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Load_CutAnywhere_GivesWhatThereIs()
    {
        var bytes = File.ReadAllBytes(Write("dsd", Events()));
        for (var length = 0; length < bytes.Length; length += 5)
        {
            var path = _folder["cut.jsonl"];
            File.WriteAllBytes(path, bytes[..length]);
            var record = RunRecord.Load(path);
            Assert.Equal(length == bytes.Length - 1, record.End is not null); // only the line break is missing then
            Assert.NotEmpty(record.Describe());
        }
    }

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Load_PartsThatDoNotFit_NamesTheFileAndTheReason(string damage, string reason)
    {
        var path = Write("dsd", Misfit(damage));
        var e = Assert.Throws<DsdException>(() => RunRecord.Load(path));
        Assert.StartsWith($"{path}: not the record of a run: ", e.Message);
        Assert.Contains(reason, e.Message);
        Assert.Equal(e.Message, Assert.Throws<DsdException>(() => Comparison.Load(_folder.Root)).Message);
    }

    [Property(MaxTest = 1000)]
    [Trait("Tier", "slow")]
    public void Load_OneByteOrLineDamaged_IsReadOrRefusedInWords(uint place, byte value, bool line)
    {
        var path = Write("dsd", Events());
        if (line)
        {
            var lines = File.ReadAllLines(path).ToList();
            lines.RemoveAt((int)(place % lines.Count));
            File.WriteAllLines(path, lines);
        }
        else
        {
            var bytes = File.ReadAllBytes(path);
            bytes[place % bytes.Length] = value;
            File.WriteAllBytes(path, bytes);
        }

        try
        {
            var record = RunRecord.Load(path);
            Assert.NotEmpty(record.Describe());
            Assert.NotEmpty(new Comparison([record]).Describe());
        }
        catch (DsdException e)
        {
            Assert.StartsWith(path, e.Message);
            Assert.DoesNotContain("Dsd.", e.Message[path.Length..]);
        }

        File.Delete(path);
    }

    [Fact]
    public void Load_NoFile_SaysSo() =>
        Assert.Contains("there is no such event log", Assert.Throws<DsdException>(() => RunRecord.Load(_folder["absent.jsonl"])).Message);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void Load_EmptyPath_IsRefused(string path)
    {
        Assert.Throws<ArgumentException>(() => RunRecord.Load(path));
        Assert.Throws<ArgumentException>(() => Comparison.Load(path));
    }

    [Fact]
    public void Load_FolderWithoutARun_SaysWhatIsMissing()
    {
        Directory.CreateDirectory(_folder["dsd"]);
        Assert.Contains("holds no run", Assert.Throws<DsdException>(() => Comparison.Load(_folder.Root)).Message);
        Assert.Contains("no such folder", Assert.Throws<DsdException>(() => Comparison.Load(_folder["absent"])).Message);
    }

    [Fact]
    public void Load_Arms_AreInTheOrderInWhichTheyBegan()
    {
        Write("a", Events("late", 2));
        Write("b", Events("early", 1));
        Write("c", []);
        Write("d", Events("early", 1));
        File.WriteAllText(_folder["summary.txt"], "");
        Directory.CreateDirectory(_folder["notes"]);

        Assert.Equal(["early", "early", "late"], Comparison.Load(_folder.Root).Runs.Select(r => r.Arm));
    }

    private static List<TrainingEvent> Events(string arm = "dsd", int minute = 0)
    {
        var schedule = Schedule.Dsd(Duration.Steps(2), Duration.Steps(2), Duration.Steps(2), 0.3, 0.1);
        var events = new List<TrainingEvent>
        {
            new RunStarted(arm, schedule, "lenet-5", Shapes.LeNet5, "fashion-mnist", 3, "batch 64", "sgd", null, 7, "cpu", 2, "Linux", "0.1.0", new DateTimeOffset(2026, 11, 24, 12, minute, 0, TimeSpan.Zero)),
        };
        foreach (var (phase, index) in schedule.Phases.Select((p, i) => (p, i)))
        {
            var step = 2L * index;
            var kept = phase.IsDense ? 10 : 7;
            events.Add(new PhaseStarted(index, phase.Name, step, 2, [Histogram("a"), Histogram("b")]));
            if (!phase.IsDense)
            {
                events.Add(new MaskComputed(index, step, [new LayerMask("a", 10, 7, 3, 0), new LayerMask("b", 10, 7, 3, 0)]));
            }

            events.Add(new StepSampled(step, 0.1, 0.5));
            events.Add(new Evaluated(step + 2, DataSplit.Validation, [Metric.Accuracy.Of(0.5), Metric.Loss.Of(0.5)]));
            events.Add(new PhaseEnded(index, step + 2, [new LayerCount("a", 10, kept, kept), new LayerCount("b", 10, kept, kept)], [Histogram("a"), Histogram("b")], 1.5));
        }

        events.Add(new Evaluated(6, DataSplit.Test, [Metric.Accuracy.Of(0.5)]));
        events.Add(new RunEnded(6, RunOutcome.Completed, null, 2.5));
        return events;
    }

    private static WeightHistogram Histogram(string parameter) => WeightHistogram.Of(parameter, [0f, 1f, -2f, 0.5f]);

    private static List<TrainingEvent> Misfit(string damage)
    {
        var events = Events();
        var start = (RunStarted)events[0];
        var dense = (PhaseStarted)events[1];
        var mask = events.FindIndex(e => e is MaskComputed);
        var ends = events.Select((e, i) => (e, i)).Where(x => x.e is PhaseEnded).Select(x => x.i).ToArray();
        var second = (PhaseEnded)events[ends[1]];
        switch (damage)
        {
            case "no start": events.RemoveAt(0); break;
            case "end alone": return [events[^1]];
            case "test alone": return [events[^2]];
            case "sample first": events.Insert(1, events[2]); break;
            case "two starts": events.Insert(4, events[0]); break;
            case "no step an epoch": events[0] = start with { StepsPerEpoch = 0 }; break;
            case "phases swapped": return [events[0], .. events[(ends[0] + 1)..(ends[1] + 1)], .. events[1..(ends[0] + 1)]];
            case "phase left out": return [events[0], .. events[(ends[0] + 1)..]];
            case "phase twice": return [.. events[..(ends[0] + 1)], .. events[1..(ends[0] + 1)]];
            case "too many phases": return [.. events[..(ends[2] + 1)], dense with { Phase = 3 }];
            case "steps missing": events[1] = dense with { Steps = 0 }; break;
            case "steps without end": events[1] = dense with { Step = long.MaxValue, Steps = 2 }; break;
            case "left out without number": events[0] = start with { DataProblems = [new(DataProblemKind.LeftOut, DataSplit.Train, "images", long.MaxValue, [])] }; break;
            case "negative step": events[1] = dense with { Step = -1 }; break;
            case "no bins": Begin(h => h with { Counts = [] }); break;
            case "even bins": Begin(h => h with { Counts = [1, 2] }); break;
            case "too many bins": Begin(h => h with { Counts = Enumerable.Repeat(0L, 100_003).ToValueList() }); break;
            case "negative count": Begin(h => h with { Counts = [1, -1, 1] }); break;
            case "histogram of too many": Begin(h => h with { Zeros = long.MaxValue, Counts = [1, 2, 3] }); break;
            case "not finite below zero": Begin(h => h with { NotFinite = -1 }); break;
            case "negative zeros": Begin(h => h with { Zeros = -1 }); break;
            case "negative range": Begin(h => h with { Range = -1 }); break;
            case "endless range": Begin(h => h with { Range = double.PositiveInfinity }); break;
            case "range of no float": Begin(h => h with { Range = 1e300 }); break;
            case "tiny range": Begin(h => h with { Range = double.Epsilon }); break;
            case "bad histogram at the end": events[ends[1]] = second with { Histograms = [Histogram("a"), Histogram("b") with { Zeros = -1 }] }; break;
            case "mask keeps too much": events[mask] = new MaskComputed(1, 2, [new LayerMask("a", 10, 11, 0, 0)]); break;
            case "mask prunes too much anew": events[mask] = new MaskComputed(1, 2, [new LayerMask("a", 10, 7, long.MaxValue, 0)]); break;
            case "mask regrows less than none": events[mask] = new MaskComputed(1, 2, [new LayerMask("a", 10, 7, 0, -1)]); break;
            case "mask left out less than none": events[mask] = new MaskComputed(1, 2, [new LayerMask("a", 10, 7, 0, 0)], -1); break;
            case "mask keeps less than none": events[mask] = new MaskComputed(1, 2, [new LayerMask("a", 10, -1, 0, 0)]); break;
            case "layer keeps too much": End([new LayerCount("a", 10, 11, 7), second.Layers[1]]); break;
            case "layer has more than all": End([new LayerCount("a", 10, 7, 11), second.Layers[1]]); break;
            case "other layer": End([new LayerCount("c", 10, 7, 7), second.Layers[1]]); break;
            case "layer left out": End([second.Layers[0]]); break;
            case "other histogram": events[ends[1]] = second with { Histograms = [Histogram("b"), Histogram("a")] }; break;
            case "countless weights": End([new LayerCount("a", long.MaxValue, 1, 1), new LayerCount("b", long.MaxValue, 1, 1)]); break;
            default: throw new ArgumentOutOfRangeException(nameof(damage), damage, "no such damage");
        }

        return events;

        void Begin(Func<WeightHistogram, WeightHistogram> change) => events[1] = dense with { Histograms = [Histogram("a"), change(Histogram("b"))] };
        void End(ValueList<LayerCount> layers) => events[ends[1]] = second with { Layers = layers };
    }

    private string Write(string arm, List<TrainingEvent> events)
    {
        Directory.CreateDirectory(_folder[arm]);
        var path = _folder[arm, "events.jsonl"];
        using var log = new EventLog(path);
        events.ForEach(log.Write);
        return path;
    }
}
