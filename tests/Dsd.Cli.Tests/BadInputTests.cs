namespace Dsd.Cli.Tests;

/// <summary>Input that cannot be used: each time one clear message, exit code 2, and nothing written.</summary>
[Collection(RunsCollection.Name)]
public sealed class BadInputTests(Runs runs) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--sparsity 1", "'1' is not a sparsity")]
    [InlineData("--sparsity -0.1", "'-0.1' is not a sparsity")]
    [InlineData("--sparsity=-0.1", "'-0.1' is not a sparsity")]
    [InlineData("--sparsity NaN", "'NaN' is not a sparsity")]
    [InlineData("--sparsity 0,3", "'0,3' is not a sparsity")]
    [InlineData("--sparsity some", "give the fraction of weights to prune, such as 0.3")]
    [InlineData("--sparsity 30", "for 30 percent write 0.3")]
    [InlineData("--sparsity", "--sparsity")]
    [InlineData("--sparsity 0.1 --sparsity 0.2", "--sparsity")]
    [InlineData("--dense 0ep", "'0ep' is not a usable duration: it must be more than 0")]
    [InlineData("--sparse -1ep", "'-1ep' is not a usable duration")]
    [InlineData("--redense 5", "end it in 'ep' for epochs or 'st' for steps")]
    [InlineData("--dense abc", "'abc' is not a duration")]
    [InlineData("--dense 1.5st", "a whole number")]
    [InlineData("--dense 0.00001ep", "less than one step")]
    [InlineData("--rate 0", "'0' is not a learning rate")]
    [InlineData("--rate -1", "'-1' is not a learning rate")]
    [InlineData("--rate 1e-323", "'1e-323' is not a learning rate: give a number from 1e-12 up")]
    [InlineData("--rate NaN", "'NaN' is not a learning rate")]
    [InlineData("--weight-decay -0.1", "'-0.1' is not a weight decay")]
    [InlineData("--model lenet5", "Did you mean 'lenet-5'?")]
    [InlineData("--data mnist", "Did you mean 'fashion-mnist'?")]
    [InlineData("--device tpu", "--device: there is no 'tpu'; allowed are auto, cpu, cuda")]
    [InlineData("--optimizer lion", "allowed are sgd, adam, adamw, rmsprop")]
    [InlineData("--arms dsd,both", "no arm named 'both'; allowed are dsd and control")]
    [InlineData("--arms ,", "name at least one of dsd and control")]
    [InlineData("--batch 0", "--batch: '0' cannot be used: give a whole number from 1")]
    [InlineData("--batch many", "--batch: 'many' cannot be used")]
    [InlineData("--batch 55001", "must be 1 to 55000, the number of training examples")]
    [InlineData("--batch 65 --train-limit 64", "must be 1 to 64, the number of training examples")]
    [InlineData("--train-limit 0", "--train-limit: '0' cannot be used")]
    [InlineData("--train-limit 60000", "fashion-mnist has 55000 training examples")]
    [InlineData("--label-noise 1.5", "--label-noise: '1.5' is not a fraction of labels: give a number from 0 to 1")]
    [InlineData("--label-noise-seed 3", "--label-noise-seed: no label is wrong")]
    [InlineData("--redraw test", "--redraw: there is no 'test'; allowed are none, train, splits")]
    [InlineData("--redraw train", "--redraw train: each seed would draw all 55000 training examples of fashion-mnist, so nothing would differ. Set --train-limit below 55000")]
    [InlineData("--model char-lstm --label-noise 0.1", "--label-noise: bible-kjv holds text")]
    [InlineData("--model char-lstm --redraw splits", "--redraw: bible-kjv holds text")]
    [InlineData("--precision fp16", "--precision: there is no 'fp16'; allowed are fp32, bf16")]
    [InlineData("--layout nhwc", "--layout: there is no 'nhwc'; allowed are auto, channels-first, channels-last")]
    [InlineData("--threads 0", "--threads: '0' cannot be used: give a whole number from 1 to 1024")]
    [InlineData("--threads 100000", "from 1 to 1024")]
    [InlineData("--seed abc", "--seed: 'abc' cannot be used: give a whole number")]
    [InlineData("--seed 1e3", "--seed: '1e3' cannot be used")]
    [InlineData("--seed 99999999999999999999", "9223372036854775807")]
    [InlineData("--keep conv9", "'keep conv9' matches no layer. The nearest names are conv")]
    [InlineData("--keep ''", "--keep: the pattern is empty")]
    [InlineData("--level fc1", "write a pattern, '=' and a sparsity, such as fc*=0.5")]
    [InlineData("--level fc1=2", "'2' is not a sparsity")]
    [InlineData("--level =0.5", "write a pattern")]
    [InlineData("--level \t=0.5", "write a pattern")]
    [InlineData("--schedule ''", "the path is empty")]
    [InlineData("--schedule missing.json", "missing.json: there is no such file")]
    [InlineData("--schedule .", "this is a folder")]
    [InlineData("--schedule @missing.json", "@missing.json: there is no such file")]
    [InlineData("--data-root ''", "--data-root: the path is empty")]
    [InlineData("--sparcity 0.3", "there is no option '--sparcity' of 'dsd train'; the nearest are --sparsity")]
    [InlineData("extra", "'extra' is not expected here")]
    [InlineData("--keep fc1 fc2", "'fc2' is not expected here")]
    public void Train_RefusesWhatCannotBeUsed(string options, string message)
    {
        var outcome = Train(options);

        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.InRange(Messages(outcome), 1, 1);
    }

    [Theory]
    [InlineData("", "a command is missing; there are train, resume, plan, report, watch, runs, compare, rerun, inspect, study")]
    [InlineData("trian", "there is no command 'trian'; there are train, resume, plan, report, watch, runs, compare, rerun, inspect, study")]
    [InlineData("watch nowhere", "nowhere: there is no such folder.")]
    [InlineData("watch --port 70000", "--port")]
    [InlineData("study", "a command is missing; there are plan, run, work, status, report, compare")]
    [InlineData("data fetch", "there is no command 'fetch'; there are list, get")]
    [InlineData("data get", "name")]
    [InlineData("data get mnist", "Did you mean 'fashion-mnist'? Use one of: fashion-mnist")]
    [InlineData("models lenet-6", "There is no network named 'lenet-6'. Did you mean 'lenet-5'?")]
    [InlineData("plan --bogus", "there is no option '--bogus' of 'dsd plan'")]
    [InlineData("plan --sparsity 1", "'1' is not a sparsity")]
    [InlineData("plan --keep nothing", "matches no layer")]
    [InlineData("plan --model lenet-5 --data emoji", "--model lenet-5 takes images of shape (N, 3, H, W) with H and W from 28 to 31; got 3×64×64. Set --image-size, or choose another network.")]
    [InlineData("train --model vgg16 --out x --force", "--model vgg16 takes images of shape (N, 1, H, W) with H and W at least 32; got 1×28×28. fashion-mnist has images of one size")]
    public void OtherCommands_RefuseWhatCannotBeUsed(string line, string message)
    {
        var outcome = DsdProcess.Run(_folder.Root, Words(line));

        CheckRefused(outcome);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.InRange(Messages(outcome), 1, 1);
        Assert.Empty(_folder.Entries());
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("{", "not well-formed JSON")]
    [InlineData("sparse for a while", "not well-formed JSON")]
    [InlineData("[]", "object")]
    [InlineData("""{ "phases": [] }""", "phase")]
    [InlineData("""{ "phases": [ { "name": "a", "duration": "1ep", "rate": 0.1, "sparcity": 0.5 } ] }""", "sparcity")]
    [InlineData("""{ "phases": [ { "name": "a", "duration": "1ep", "rate": 0.1, "sparsity": 1 } ] }""", "sparsity")]
    [InlineData("""{ "phases": [ { "name": "a", "duration": "-1ep", "rate": 0.1 } ] }""", "duration")]
    [InlineData("""{ "phases": [ { "name": "a", "duration": "1ep", "rate": -0.1 } ] }""", "rate")]
    [InlineData("""{ "phases": [ { "name": "a", "duration": "1ep", "rate": 0.1, "sparsity": 0.5, "layers": [ { "keep": "nothing" } ] } ] }""", "nothing")]
    [InlineData("""{ "phases": [ { "name": "a", "duration": "1ep", "rate": 0.1, "sparsity": 0.5, "mask": { "criterion": { "custom": { "name": "x" } } } } ] }""", "--schedule schedule.json: phase 'a' ranks weights by")]
    public void ScheduleFile_ThatCannotBeUsed_IsRefused(string text, string message)
    {
        File.WriteAllText(_folder["schedule.json"], text);

        Assert.Contains(message, Train("--schedule schedule.json").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ScheduleFile_ThatIsHuge_IsRefusedUnread()
    {
        using (var file = File.Create(_folder["schedule.json"]))
        {
            file.SetLength(3L << 30);
        }

        Assert.Contains("longer than 1 MB", Train("--schedule schedule.json").Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ScheduleFile_WithoutEnd_IsRefused()
    {
        Skip.IfNot(File.Exists("/dev/zero"), "There is no /dev/zero here to stand for a file without end.");

        Assert.Contains("--schedule /dev/zero: the file cannot be read", Train("--schedule /dev/zero").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ScheduleFile_WithTheShortForm_IsRefusedNamingWhatClashes()
    {
        File.WriteAllText(_folder["schedule.json"], """{ "phases": [ { "name": "a", "duration": "1ep", "rate": 0.1 } ] }""");

        var outcome = Train("--schedule schedule.json --sparsity 0.3 --keep fc1");

        Assert.Contains("--schedule and --sparsity, --keep were given together", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Globs_ThatMatchNothing_AreAllListed()
    {
        var outcome = Train("--keep foo --level bar*=0.3 --keep fc1 --keep cnv1");

        foreach (var expected in new[] { "'keep foo'", "'set bar* = 0.3'", "'keep cnv1' matches no layer. The nearest names are conv1" })
        {
            Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("'keep fc1'", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralBadValues_AreAllNamed()
    {
        var outcome = Train("--sparsity 1 --dense 0ep --rate 0 --device tpu");

        Assert.Equal(4, Messages(outcome));
        Assert.All(["--sparsity", "--dense", "--rate", "--device"], option => Assert.Contains($"dsd: {option}: ", outcome.Error, StringComparison.Ordinal));
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Cuda_WithoutOne_IsRefused()
    {
        var outcome = DsdProcess.Run(_folder.Root, ["train", .. Runs.Small[..^2], "--device", "cuda", "--arms", "dsd", "--quiet", "--out", "run"]);
        Skip.If(outcome.Code == 0, "There is a GPU here.");
        CheckRefused(outcome);
        Assert.Contains("--device cuda: no GPU can be used here", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_folder.Entries());
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Cuda_ForAStudyWithoutOne_IsRefusedBeforeAFolderIsMade()
    {
        File.WriteAllText(_folder["s.json"], """{"name": "s", "setting": {"network": "lenet-5", "data": "fashion-mnist", "trainLimit": 640}, "schedule": {"phases": [{"duration": "1st", "rate": 0.1}, {"duration": "1st", "rate": 0.01, "sparsity": 0.5}]}, "seeds": 1}""");
        var before = _folder.Entries();

        var outcome = DsdProcess.Run(_folder.Root, ["study", "run", "s.json", "--device", "cuda:1"]);

        Skip.If(outcome.Code == 0 || outcome.Error.Contains("no such GPU", StringComparison.Ordinal), "There is a GPU here.");
        CheckRefused(outcome);
        Assert.Contains("--device cuda:1: no GPU can be used here", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Entries());
    }

    [Theory]
    [InlineData("tpu")]
    [InlineData("cuda:x")]
    public void Device_ThatIsNone_IsRefused(string device)
    {
        var outcome = DsdProcess.Run(_folder.Root, ["study", "plan", "s.json", "--device", device]);

        CheckRefused(outcome);
        Assert.Contains($"--device: there is no '{device}'; allowed are auto, cpu, cuda and cuda:N", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("occupied")]
    [InlineData("a file")]
    [InlineData("below a file")]
    public void Out_ThatCannotBecomeARun_IsRefused(string what)
    {
        Directory.CreateDirectory(_folder["occupied"]);
        File.WriteAllText(_folder["occupied", "thesis.txt"], "mine");
        File.WriteAllText(_folder["file"], "mine");
        var before = _folder.Entries();
        var place = what switch { "occupied" => "occupied", "a file" => "file", _ => Path.Combine("file", "run") };

        var outcome = DsdProcess.Run(_folder.Root, ["train", .. Runs.Small, "--out", place]);

        CheckRefused(outcome);
        Assert.StartsWith($"dsd: --out {place}: ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Entries());
        Assert.Equal("mine", File.ReadAllText(_folder["occupied", "thesis.txt"]));
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Out_OnAFileSystemThatTakesNoFiles_IsRefused()
    {
        Skip.IfNot(Directory.Exists("/proc/self"), "There is no /proc here to stand for a file system that takes no files.");
        _ = runs;

        var outcome = DsdProcess.Run(_folder.Root, ["train", .. Runs.Small, "--quiet", "--out", "/proc/run"]);

        CheckRefused(outcome);
        Assert.StartsWith("dsd: --out /proc/run: the folder cannot be written", outcome.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Out_InAFolderThatIsReadOnly_IsRefused()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Permissions do not bind here.");
        if (OperatingSystem.IsWindows())
        {
            return; // For the compiler, which does not know what Skip does.
        }

        Directory.CreateDirectory(_folder["locked"]);
        File.SetUnixFileMode(_folder["locked"], UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var outcome = DsdProcess.Run(_folder.Root, ["train", .. Runs.Small, "--quiet", "--out", "locked/run"]);

        File.SetUnixFileMode(_folder["locked"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        CheckRefused(outcome);
        Assert.Contains("the folder cannot be written", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["locked"], _folder.Entries());
    }

    /// <summary>Splits at spaces; <c>''</c> is an empty word.</summary>
    private static string[] Words(string line) => [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word == "''" ? "" : word)];

    private static int Messages(Outcome outcome) =>
        outcome.Error.Split('\n').Count(line => line.StartsWith("dsd: ", StringComparison.Ordinal) && !line.StartsWith("dsd: see ", StringComparison.Ordinal));

    private static void CheckRefused(Outcome outcome)
    {
        outcome.Refused();
        Assert.StartsWith("dsd: ", outcome.Error, StringComparison.Ordinal);
    }

    private Outcome Train(string options)
    {
        var before = _folder.Entries();

        var outcome = DsdProcess.Run(_folder.Root, ["train", "--out", "run", .. Words(options)]);

        CheckRefused(outcome);
        Assert.Equal(before, _folder.Entries());
        return outcome;
    }
}
