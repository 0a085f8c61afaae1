using System.Diagnostics;

namespace Dsd.Cli.Tests;

/// <summary>Input that could hold up the command or control the terminal: pipes and devices in the place of files, and escape codes in texts and names.</summary>
[Trait("Tier", "slow")]
public sealed class HostileInputTests : IDisposable
{
    private const string Schedule = """{"phases":[{"duration":"4st","rate":0.1},{"duration":"4st","rate":0.1,"sparsity":0.5}]}""";

    private const string Study = """
        { "version": 1, "name": "tiny", "question": "red \u001b[31mred\u0007 \u202etxt", "setting": { "network": "lenet-300-100", "data": "fashion-mnist" },
          "variants": [ { "name": "half", "schedule": SCHEDULE } ], "arms": [ "dsd", "control" ], "seeds": [1, 2] }
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("plan --schedule pipe")]
    [InlineData("plan --schedule /dev/zero", "is a device, not a regular file")]
    [InlineData("plan --config pipe")]
    [InlineData("plan --config run")]
    [InlineData("train --init pipe --out new")]
    [InlineData("train --init /dev/null --out new", "is a device, not a regular file")]
    [InlineData("study plan pipe")]
    [InlineData("study status study")]
    [InlineData("report run")]
    [InlineData("data list speech:speech")]
    [InlineData("data list flickr8k:captions")]
    public void Pipe_InThePlaceOfAFile_IsRefusedAtOnce(string line, string reason = "is a named pipe, not a regular file")
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no pipes in the file system.");
        foreach (var folder in new[] { Path.Combine("run", "dsd"), "study", "speech", "captions" })
        {
            Directory.CreateDirectory(_folder[folder]);
        }

        File.WriteAllText(_folder["captions", "dataset.json"], """{"images":[]}""");
        string[] pipes = ["pipe", "run/run.json", "run/dsd/events.jsonl", "study/study.json", "speech/train.tsv", "captions/features.npy"];
        using (var process = Process.Start("mkfifo", pipes.Select(p => _folder[p])))
        {
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }

        var before = _folder.Entries();

        var outcome = DsdProcess.Run(_folder.Root, line.Split(' '));

        outcome.Refused();
        Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Entries());
    }

    [SkippableFact]
    public void Pipe_ThatTheShellOpened_IsRead()
    {
        Skip.If(OperatingSystem.IsWindows(), "The pipe is a shell's, bash.");
        File.WriteAllText(_folder["s.json"], Schedule);
        using var process = DsdProcess.Start(_folder.Root, [], "bash", ["-c", $"'{DsdProcess.DotNet}' '{DsdProcess.Assembly}' plan --schedule <(cat s.json)"]);

        Assert.Contains("2 phases, 8 steps", process.Wait().Succeeded().Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("study plan study.json", "u001b[31mred")] // Markdown, in which a backslash is doubled
    [InlineData("plan --schedule \u001b[2Jnone.json", "\\u001b[2Jnone.json")]
    [InlineData("plan --model \u001b]0;title\u0007", "\\u001b]0;title\\u0007")]
    [InlineData("report run\r\u009b31m", "run\\u000d\\u009b31m")]
    public void EscapeCodes_OfTextsAndNames_AreWrittenOut(string line, string expected)
    {
        File.WriteAllText(_folder["study.json"], Study.Replace("SCHEDULE", Schedule, StringComparison.Ordinal));

        var outcome = DsdProcess.Run(_folder.Root, line.Split(' '));

        Assert.Contains(expected, outcome.Out + outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(outcome.Out + outcome.Error, c => (char.IsControl(c) && c is not ('\n' or '\t')) || c == '\u202e');
    }
}
