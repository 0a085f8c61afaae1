namespace Dsd.Cli.Tests;

/// <summary>Several things that are wrong with one command line: each is told, once.</summary>
public sealed class AllProblemsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train --model lenet-6 --data mnist --arms dsd,both --level =0.5 --level fc1", "There is no network named 'lenet-6'|There is no data set named 'mnist'|no arm named 'both'|--level =0.5: write|--level fc1: write")]
    [InlineData("plan --sparsity 30 --model lenet-6 --data mnist --arms none", "--sparsity: '30'|no network named 'lenet-6'|no data set named 'mnist'|no arm named 'none'")]
    [InlineData("plan --bogus --model lenet-6", "no option '--bogus'|no network named 'lenet-6'")]
    [InlineData("train --init gone.safetensors --out file --model lenet-6", "--init gone.safetensors: there is no such weight file|--out file: |no network named 'lenet-6'")]
    [InlineData("train --batch 60000 --width 2 --image-size 64 --keep nothing", "--batch 60000: |--width 2: |--image-size 64: |'keep nothing' matches no layer")]
    [InlineData("plan --epochs 3 --schedule gone.json --data imagenet:gone", "--epochs says how much of a preset|gone.json: there is no such file|gone'. Expected is")]
    [InlineData("plan --sparsity 1 --schedule gone.json --data imagenet:gone", "--sparsity: '1'|gone.json: there is no such file|gone'. Expected is")]
    [InlineData("study plan gone.json --sd x --workers 0", "gone.json: there is no such file|--sd: 'x'|--workers: '0'")]
    [InlineData("study run gone.json --workers 0", "gone.json: there is no such file|--workers: '0'")]
    [InlineData("study run bad.json --workers 0", "no network named 'lenet-6'|--workers: '0'")]
    [InlineData("study run old.json --workers 0", "DSD015: variant 'schedule', phase 1 'sparse': it has the masks 'ticket', but none was given|--workers: '0'")]
    [InlineData("study run old --workers 0", "--workers: '0'")]
    [InlineData("study run old.json --out old --workers 0", "--workers: '0'")]
    [InlineData("study plan old --sd x", "--sd: 'x'")]
    public void EachProblem_IsToldOnce(string line, string problems)
    {
        File.WriteAllText(_folder["file"], "mine");
        File.WriteAllText(_folder["bad.json"], """{ "name": "bad", "question": "?", "setting": { "network": "lenet-6", "data": "fashion-mnist" }, "schedule": { "phases": [ { "duration": "1ep", "rate": 0.1 } ] }, "arms": ["dsd"], "seeds": 1 }""");
        OldStudy();
        var before = _folder.Entries();

        var outcome = DsdProcess.Run(_folder.Root, line.Split(' '));

        outcome.Refused();
        Assert.All(problems.Split('|'), problem => Assert.Equal(2, outcome.Error.Split(problem).Length));
        Assert.Equal(problems.Split('|').Length, outcome.Error.Split('\n').Count(l => l.StartsWith("dsd: ", StringComparison.Ordinal) && !l.StartsWith("dsd: see ", StringComparison.Ordinal)));
        Assert.Equal(before, _folder.Entries());
    }

    [Fact]
    public void StudyPlan_OfAStudyStartedBeforeAnIssueWasKnown_IsShown()
    {
        OldStudy();

        Assert.Contains("2 trials", DsdProcess.Run(_folder.Root, "study", "plan", "old", "--no-timing").Succeeded().Out, StringComparison.Ordinal);

        var outcome = DsdProcess.Run(_folder.Root, "study", "plan", "old.json", "--no-timing");
        outcome.Refused();
        Assert.Contains("DSD015", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AWrongOption_CausesNoFurtherProblem()
    {
        // The default batch is larger than the limit; but a batch was given, only badly.
        var outcome = DsdProcess.Run(_folder.Root, "plan", "--batch", "many", "--train-limit", "10");
        outcome.Refused();
        Assert.DoesNotContain("must be 1 to 10, the number of training examples", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOptionOfACommandThatHasNone_GivesNoEmptyList()
    {
        var outcome = DsdProcess.Run(_folder.Root, "study", "--bogus");
        outcome.Refused();
        Assert.DoesNotContain("nearest are .", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("there is no option '--bogus' of 'dsd study', which has none but --help", outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>Writes a study whose first masks would need gradients, as a file and as the folder of a started study.</summary>
    private void OldStudy()
    {
        const string Study = """{ "name": "old", "question": "?", "setting": { "network": "lenet-300-100", "data": "fashion-mnist" }, "schedule": { "phases": [ { "name": "sparse", "duration": "1ep", "rate": 0.1, "sparsity": 0.5, "mask": { "criterion": { "given": { "named": "ticket" } } } } ] }, "arms": ["dsd", "control"], "seeds": 1 }""";
        File.WriteAllText(_folder["old.json"], Study);
        Directory.CreateDirectory(_folder["old"]);
        File.WriteAllText(_folder["old", "study.json"], Study);
    }
}
