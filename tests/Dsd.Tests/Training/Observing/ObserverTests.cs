using System.Text.Json;
using Dsd.Masks;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Training;

public sealed class ObserverTests : IDisposable
{
    private static readonly Schedule s_schedule = Schedule.Start().Dense(1, 0.1).Sparse(1, 0.05, 0.5).Dense(1, 0.01).Build();
    private readonly string _root = Directory.CreateTempSubdirectory("dsd-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Console_AComparison_HasALineAtEachPhasesStartAndEnd_InAnyCulture()
    {
        using var writer = new StringWriter();
        Cultures.In(Cultures.Comma, () => Compare(Observer.Console(writer)));

        var lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] expected =
        [
            @"dsd \+ control: dense \(1 of 3\), step 0 of 15",
            @"dsd \+ control: dense \(1 of 3\), step 5 of 15, loss \d\.\d+, rate 0\.1, validation accuracy \d+\.\d\d %, done in \d+ s",
            @"dsd: sparse \(2 of 3\), step 5 of 15, validation accuracy \d+\.\d\d %, \d+ s left",
            @"dsd: sparse \(2 of 3\), step 10 of 15, loss \d\.\d+, rate 0\.05, validation accuracy \d+\.\d\d %, done in \d+ s",
            @"dsd: redense \(3 of 3\), step 10 of 15, validation accuracy \d+\.\d\d %, \d+ s left",
            @"dsd: redense \(3 of 3\), step 15 of 15, loss \d\.\d+, rate 0\.01, validation accuracy \d+\.\d\d %, done in \d+ s",
            @"dsd: completed, \d+ s",
            @"control: sparse \(2 of 3\), step 5 of 15, \d+ s left",
            @"control: sparse \(2 of 3\), step 10 of 15, loss \d\.\d+, rate 0\.05, validation accuracy \d+\.\d\d %, done in \d+ s",
            @"control: redense \(3 of 3\), step 10 of 15, validation accuracy \d+\.\d\d %, \d+ s left",
            @"control: redense \(3 of 3\), step 15 of 15, loss \d\.\d+, rate 0\.01, validation accuracy \d+\.\d\d %, done in \d+ s",
            @"control: completed, \d+ s",
        ];
        Assert.All(expected.Zip(lines), l => Assert.Matches($"^{l.First}$", l.Second));
        Assert.Equal(expected.Length, lines.Length);
    }

    [Fact]
    public void Default_AShortRun_ShowsNothing()
    {
        using var writer = new StringWriter();
        var before = Console.Error;
        Console.SetError(writer);
        try
        {
            Compare(null);
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.Equal("", writer.ToString());
    }

    [Fact]
    public void Show_SlowSteps_SpeaksAfterFiveSecondsAndEveryThirty()
    {
        var (time, lines) = (new Clock(), new StringWriter());
        var progress = new RunProgress(new ProgressShow(new PlainLines(lines), TimeSpan.FromSeconds(5), time));
        var events = Events();
        var begun = events.TakeWhile(e => e is not StepSampled).ToList();
        begun.ForEach(e => progress.Observe("dsd", e));
        time.Pass(4);
        Assert.Equal("", lines.ToString());
        time.Pass(2);
        Assert.Equal("dsd: dense (1 of 3), step 0 of 15\n", lines.ToString());
        time.Pass(28);
        Assert.Equal(1, Lines());
        time.Pass(120);
        Assert.InRange(Lines(), 5, 5);
        events.Skip(begun.Count).ToList().ForEach(e => progress.Observe("dsd", e));
        var over = Lines();
        time.Pass(1000);
        Assert.Equal(over, Lines());
        Assert.Contains("dsd: completed", lines.ToString());

        int Lines() => lines.ToString().Count(c => c == '\n');
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Show_SharedPhases_CountOnceAlsoWhereMethodsAreCustom(bool isCustom)
    {
        var (time, lines) = (new Clock(), new StringWriter());
        var progress = new RunProgress(new ProgressShow(new PlainLines(lines), TimeSpan.Zero, time));
        var rule = isCustom ? new MaskRule(distribution: SparsityDistribution.Custom("even"), pattern: MaskPattern.Custom("rows")) : MaskRule.Default;
        var methods = MaskMethods.None.WithDistribution("even", (layers, sparsity) => [.. layers.Select(_ => sparsity.Value)]).WithPattern("rows", ToyCase.Rows);
        var schedule = Schedule.Start().Dense(1, 0.1).Sparse(1, 0.05, 0.5).Masked(_ => rule).Dense(1, 0.01).Build();
        var events = new List<(Arm Arm, TrainingEvent Happened)>();
        using var net = new ToyNet(4, 8);
        FairComparison.Run([Arm.Dsd(schedule), Arm.Control(schedule)], net, new ToyTask(4), new TrainerSettings(1, methods: methods), (arm, happened) => events.Add((arm, happened)));
        foreach (var (arm, happened) in events)
        {
            time.Pass(happened is PhaseStarted { Phase: 1 } && arm.Name == "dsd" ? 5 : 0);
            progress.Observe(arm.Name, happened);
        }

        // Of 25 steps, 5 + 2 × 10, 5 are done in 5 seconds.
        Assert.StartsWith("dsd + control: dense (1 of 3), step 0 of 15\n", lines.ToString());
        Assert.Matches(@"\ndsd: sparse \(2 of 3\), step 5 of 15, validation accuracy \d+\.\d\d %, 20 s left\n", lines.ToString());
    }

    [Fact]
    public void Show_ATerminal_IsOneLineThatNeverWraps()
    {
        var (time, text) = (new Clock(), new StringWriter());
        var progress = new RunProgress(new ProgressShow(new TerminalLine(text, () => 40), TimeSpan.Zero, time));
        foreach (var happened in Events())
        {
            progress.Observe("dsd", happened);
            time.Pass(1);
        }

        Assert.Equal(1, text.ToString().Count(c => c == '\n'));
        Assert.All(text.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries), l => Assert.InRange(l.TrimEnd('\n').Length, 1, 39));
        Assert.StartsWith("dsd: completed, ", text.ToString().Split('\r')[^1]);
    }

    [Fact]
    public void Show_AClosedPipe_DoesNotStopTraining()
    {
        var time = new Clock();
        var progress = new RunProgress(new ProgressShow(new PlainLines(new Closed()), TimeSpan.Zero, time));
        foreach (var happened in Events())
        {
            progress.Observe("dsd", happened);
            time.Pass(60);
        }
    }

    [Fact]
    public void JsonLines_ToFiles_AreTheRecordsThatAreReturned()
    {
        var result = Compare(Observer.Console(TextWriter.Null) + Observer.JsonLines(Path.Combine(_root, "run.jsonl")));
        using var net = new ToyNet(3, 8);
        var task = new ToyTask(3);
        var one = Trainer.Run(s_schedule.On(net, task.StepsPerEpoch), net, task, observer: Observer.JsonLines(Path.Combine(_root, "run.jsonl")));

        Assert.Equal(result.Runs, new[] { "dsd", "control" }.Select(arm => RunRecord.Load(Path.Combine(_root, $"run-{arm}.jsonl"))));
        Assert.Equal(one, RunRecord.Load(Path.Combine(_root, "run.jsonl")));
        Assert.Equal(
            $"The file '{Path.Combine(_root, "run-dsd.jsonl")}' exists already, and Observer.JsonLines replaces none. Choose another path, or delete the file.",
            Assert.Throws<DsdException>(() => Compare(Observer.JsonLines(Path.Combine(_root, "run.jsonl")))).Message);
    }

    [Fact]
    public void JsonLines_ToAMissingFolder_CreateIt_AndToAFileAsAFolder_AreRefused()
    {
        var folder = Path.Combine(_root, "deep", "er");
        Compare(Observer.JsonLines(Path.Combine(folder, "run.jsonl")));

        Assert.Equal(["run-control.jsonl", "run-dsd.jsonl"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var below = Path.Combine(folder, "run-dsd.jsonl", "run.jsonl");
        Assert.StartsWith($"Events cannot be written to '{Path.Combine(folder, "run-dsd.jsonl", "run-dsd.jsonl")}': ", Assert.Throws<DsdException>(() => Compare(Observer.JsonLines(below))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonLines_ToAWriter_NameTheArm()
    {
        using var writer = new StringWriter();
        var heard = 0;
        Compare(Observer.JsonLines(writer) + Observer.Of(_ => heard++));

        var lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(heard, lines.Count);
        Assert.Equal(["dsd", "control"], lines.Select(l => l.GetProperty("arm").GetString()!).Distinct());
        Assert.All(lines, l => Assert.NotNull(EventLog.FromLine(l.GetProperty("event").GetRawText())));
    }

    private static Comparison Compare(Observer? observer)
    {
        using var net = new ToyNet(3, 8);
        Arm[] arms = [Arm.Dsd(s_schedule), Arm.Control(s_schedule)];
        return observer is null ? FairComparison.Run(arms, net, new ToyTask(3)) : FairComparison.Run(arms, net, new ToyTask(3), observer: observer);
    }

    private static List<TrainingEvent> Events()
    {
        var events = new List<TrainingEvent>();
        using var net = new ToyNet(3, 8);
        var task = new ToyTask(3);
        Trainer.Run(s_schedule.On(net, task.StepsPerEpoch), net, task, observer: events.Add);
        return events;
    }

    private sealed class Closed : StringWriter
    {
        public override void Write(string? value) => throw new IOException("Broken pipe");
    }

    /// <summary>A clock that a test moves on.</summary>
    private sealed class Clock : TimeProvider
    {
        private readonly List<Alarm> _alarms = [];
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _now;

        public void Pass(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                _now++;
                _alarms.ToList().ForEach(a => a.Ring());
            }
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(TimeSpan.FromSeconds(1), period);
            var alarm = new Alarm(this, callback);
            _alarms.Add(alarm);
            return alarm;
        }

        private sealed class Alarm(Clock clock, TimerCallback callback) : ITimer
        {
            public void Ring() => callback(null);

            public bool Change(TimeSpan dueTime, TimeSpan period) => false;

            public void Dispose() => clock._alarms.Remove(this);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
