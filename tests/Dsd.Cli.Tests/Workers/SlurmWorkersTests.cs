using System.Globalization;
using Dsd.Studies;

namespace Dsd.Cli.Tests;

/// <summary>Workers in a queue that a test fills and empties: who is replaced, who is not, and what is said.</summary>
public sealed class SlurmWorkersTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly List<string> _submitted = [];
    private readonly Dictionary<string, string> _queue = [];
    private readonly Dictionary<string, string> _ends = [];
    private readonly StudyFolder _folder;
    private bool _isAnswering = true;
    private bool _isKnowing = true;
    private string? _refusal;
    private (int Done, bool IsOver) _progress;

    public SlurmWorkersTests() => _folder = StudyFolder.Create(_temp["study"], Study.FromJson("""{"name": "x", "setting": {"network": "lenet-5", "data": "fashion-mnist"}, "schedule": {"phases": [{"duration": "1ep", "rate": 0.1}]}, "seeds": 1}"""));

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void SlurmWorkers_ANewStudy_SubmitsOneArrayThatStopsInTimeAndGoesBackIntoTheQueue()
    {
        using var workers = Start(3);

        var arguments = Assert.Single(_submitted);
        Assert.Contains("--array=1-3\n--cpus-per-task=1\n--requeue\n--open-mode=append\n--signal=B:TERM@60\n", arguments, StringComparison.Ordinal);
        Assert.Contains("--partition=gpu\n--wrap=", arguments, StringComparison.Ordinal);
        Assert.Contains("'--requeue' '--among=3'", arguments, StringComparison.Ordinal);
        Assert.Equal((0, 3), (workers.Found, workers.Count));
        Assert.Equal("1\n", File.ReadAllText(Path.Combine(_folder.Path, SlurmWorkers.JobsFile)));
    }

    [Fact]
    public void SlurmWorkers_WithSomeOfAnEarlierCommand_SubmitsTheRest()
    {
        Start(3).Dispose();
        _queue.Remove("1 2");

        using var workers = Start(3);

        Assert.Equal((2, 3), (workers.Found, workers.Count));
        Assert.Contains("--array=1-1\n", _submitted[1], StringComparison.Ordinal);
        Assert.Equal(["1", "2"], workers.Jobs);
    }

    [Fact]
    public void SlurmWorkers_WithAllOfAnEarlierCommand_SubmitsNothing()
    {
        Start(2).Dispose();

        using var workers = Start(2);

        Assert.Single(_submitted);
        Assert.Equal(2, workers.Found);
    }

    [Fact]
    public void SlurmWorkers_WhoseQueueDoesNotAnswer_AreNotSubmittedTwice()
    {
        Start(2).Dispose();
        _isAnswering = false;

        Assert.Contains("squeue does not answer", Assert.Throws<DsdException>(() => Start(2)).Message, StringComparison.Ordinal);
        Assert.Single(_submitted);
    }

    [Theory]
    [InlineData("JobState=NODE_FAIL ExitCode=0:0")]
    [InlineData("JobState=TIMEOUT ExitCode=0:15")]
    [InlineData("JobState=OUT_OF_MEMORY ExitCode=0:125")]
    [InlineData("JobState=FAILED ExitCode=0:9")]
    [InlineData("JobState=FAILED ExitCode=137:0")]
    [InlineData("JobState=PREEMPTED ExitCode=0:15")]
    [InlineData("")]
    public void IsWorking_ALostWorker_IsReplaced(string end)
    {
        using var workers = Start(2);
        var before = workers.Said;
        End("1 2", end);

        Assert.True(Looked(workers, 2));

        // Who shows them tells by their number which are new.
        Assert.Empty(before);

        Assert.Equal(2, _submitted.Count);
        Assert.EndsWith("; another takes its place", Assert.Single(workers.Said), StringComparison.Ordinal);
        Assert.StartsWith("worker 1_2 has ended (", workers.Said[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("JobState=CANCELLED ExitCode=0:15", true)]
    [InlineData("JobState=FAILED ExitCode=1:0", true)]
    [InlineData("JobState=FAILED ExitCode=2:0", false)]
    public void IsWorking_AWorkerThatWasCancelledOrGaveUp_IsNotReplaced(string end, bool isFailure)
    {
        using var workers = Start(1);
        File.WriteAllText(Path.Combine(_folder.Path, "slurm-1-1.log"), "one\ntwo\ndsd: the reason\n");
        End("1 1", end);

        Assert.False(Looked(workers, 2));

        Assert.Single(_submitted);
        var ended = workers.Ended();
        Assert.Equal(isFailure, ended is FailedException);
        Assert.Contains($"  1_1: {end.Split(' ')[0].Split('=')[1]}", ended.Message, StringComparison.Ordinal);
        Assert.EndsWith("    one\n    two\n    dsd: the reason", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsWorking_ATaskThatIsMissingOnce_IsOnItsWayBackIntoTheQueue()
    {
        using var workers = Start(1);
        _queue.Remove("1 1");
        Assert.True(Looked(workers, 1));
        _queue["1 1"] = "PENDING BeginTime";

        Assert.True(Looked(workers, 2));

        Assert.Single(_submitted);
        Assert.Equal("Slurm: 0 workers running, 1 waiting (BeginTime)", workers.State);
    }

    [Fact]
    public void IsWorking_WhileSlurmDoesNotAnswer_Waits()
    {
        using var workers = Start(1);
        (_isAnswering, _ends["1_1"]) = (false, "JobState=CANCELLED ExitCode=0:0");
        _queue.Clear();

        Assert.True(Looked(workers, 5));
    }

    [Fact]
    public void IsWorking_ALostWorkerWhileSlurmDoesNotSayHowItEnded_IsLookedAtAgain()
    {
        using var workers = Start(2);
        End("1 2", "JobState=CANCELLED ExitCode=0:15");
        _isKnowing = false;
        Assert.True(Looked(workers, 4));
        Assert.Empty(workers.Said);
        _isKnowing = true;

        Assert.True(Looked(workers, 1));

        Assert.Equal("worker 1_2 has ended (CANCELLED, signal 15)", Assert.Single(workers.Said));
        Assert.Single(_submitted);
    }

    [Fact]
    public void IsWorking_ALostWorkerForWhichSlurmTakesNoOther_IsReplacedWhenItDoes()
    {
        using var workers = Start(3);
        End("1 1", "JobState=NODE_FAIL ExitCode=0:0");
        End("1 2", "JobState=NODE_FAIL ExitCode=0:0");
        _refusal = "sbatch: error: QOSMaxSubmitJobPerUserLimit";

        Assert.True(Looked(workers, 5));

        Assert.Equal(2, workers.Said.Count);
        Assert.Contains("another one is submitted as soon as Slurm takes it: --launcher slurm: sbatch refused: sbatch: error: QOSMaxSubmit", workers.Said[0], StringComparison.Ordinal);
        _refusal = null;
        Assert.True(Looked(workers, 1));
        Assert.Equal(3, _submitted.Count);
        Assert.Equal(3, workers.Count);
    }

    [Fact]
    public void IsWorking_TheLastWorkerIsLostAndSlurmTakesNoOther_Fails()
    {
        using var workers = Start(1);
        End("1 1", "JobState=NODE_FAIL ExitCode=0:0");
        _refusal = "sbatch: error: Socket timed out";

        Assert.Contains("Socket timed out", Assert.Throws<DsdException>(() => Looked(workers, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SlurmWorkers_WithoutANumber_LeavesItAtThoseOfAnEarlierCommand()
    {
        Start(2).Dispose();

        using var workers = Start(null, most: 48);

        Assert.Single(_submitted);
        Assert.Equal((2, 2), (workers.Found, workers.Count));
    }

    [Fact]
    public void SlurmWorkers_OfTwoCommands_AreAllListed()
    {
        using var first = Start(1);
        File.AppendAllText(Path.Combine(_folder.Path, SlurmWorkers.JobsFile), "77\n");
        End("1 1", "JobState=NODE_FAIL ExitCode=0:0");

        Assert.True(Looked(first, 2));

        Assert.Equal("1\n2\n77\n", File.ReadAllText(Path.Combine(_folder.Path, SlurmWorkers.JobsFile)));
    }

    [Fact]
    public void IsWorking_WorkersThatAreLostAgainAndAgain_AreGivenUpUnlessTrialsGetDone()
    {
        using var workers = Start(1);
        for (var i = 1; i <= 5; i++)
        {
            End($"{i} 1", "JobState=NODE_FAIL ExitCode=0:0");
            Assert.True(Looked(workers, 2));
        }

        _progress = (1, false);
        End("6 1", "JobState=NODE_FAIL ExitCode=0:0");
        Assert.True(Looked(workers, 2));
        for (var i = 7; i <= 10; i++)
        {
            End($"{i} 1", "JobState=NODE_FAIL ExitCode=0:0");
            Assert.True(Looked(workers, 2));
        }

        End("11 1", "JobState=NODE_FAIL ExitCode=0:0");
        Assert.False(Looked(workers, 2));
        Assert.Equal(11, _submitted.Count);
    }

    [Fact]
    public void IsWorking_WorkersOfAStudyThatIsOver_AreNotReplaced()
    {
        using var workers = Start(2);
        _progress = (1, true);
        _queue.Clear();

        Assert.True(Looked(workers, 3));

        Assert.Single(_submitted);
    }

    [Theory]
    [InlineData("--wait", "--wait goes with --launcher slurm")]
    [InlineData("--sbatch=--time=1", "--sbatch goes with --launcher slurm")]
    [InlineData("--launcher slurm --json", "--json prints the results, which --launcher slurm has only with --wait")]
    [InlineData("--launcher slurm --device auto", "--device auto: with --launcher slurm this machine cannot know which devices the workers will have")]
    public void StudyRun_OptionsThatDoNotGoTogether_AreRefused(string options, string said)
    {
        File.WriteAllText(_temp["s.json"], _folder.Study.ToJson());

        var outcome = DsdProcess.Run(_temp.Root, [], ["study", "run", "s.json", .. options.Split(' ')]);

        outcome.Refused();
        Assert.Contains(said, outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["runs"]));
    }

    private static bool Looked(SlurmWorkers workers, int times) => Enumerable.Range(0, times).Select(_ => workers.IsWorking()).ToList()[^1];

    private SlurmWorkers Start(int? count, int most = 3) => new(new Slurm(Answer), _folder, count, count ?? most, () => _progress, null, ["--partition=gpu"], pause: TimeSpan.Zero);

    private void End(string task, string end)
    {
        _queue.Remove(task);
        if (end.Length > 0)
        {
            _ends[task.Replace(' ', '_')] = end;
        }
    }

    private (int Code, string Out, string Error) Answer(string program, IReadOnlyList<string> arguments)
    {
        switch (program)
        {
            case "sbatch" when _refusal is not null:
                return (1, "", _refusal);
            case "sbatch":
                _submitted.Add(string.Concat(arguments.Select(a => a + "\n")));
                var size = int.Parse(arguments.Single(a => a.StartsWith("--array=1-", StringComparison.Ordinal))["--array=1-".Length..], CultureInfo.InvariantCulture);
                for (var i = 1; i <= size; i++)
                {
                    _queue[FormattableString.Invariant($"{_submitted.Count} {i}")] = "RUNNING None";
                }

                return (0, FormattableString.Invariant($"{_submitted.Count};cluster\n"), "");
            case "squeue":
                return _isAnswering ? (0, string.Concat(_queue.Select(t => $"{t.Key} {t.Value}\n")) + "99 N/A RUNNING None\n", "") : (1, "", "slurm_load_jobs error: Unable to contact slurm controller");
            case "scontrol" when !_isKnowing:
                return (1, "", "slurm_load_jobs error: Unable to contact slurm controller");
            default:
                return _ends.TryGetValue(arguments[^1], out var end) ? (0, $"JobId=1 {end} Restarts=0\n", "") : (1, "", "slurm_load_jobs error: Invalid job id specified");
        }
    }
}
