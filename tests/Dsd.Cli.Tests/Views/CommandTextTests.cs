using System.CommandLine;

namespace Dsd.Cli.Tests;

/// <summary>The noted command, read back by a shell.</summary>
public sealed class CommandTextTests
{
    public static TheoryData<string[], string[]> Commands => new()
    {
        { ["train", "--model", "lenet-5"], ["train", "--model", "lenet-5"] },
        { ["train", "--out", "a b", "--seed", "1"], ["train", "--seed", "1"] },
        { ["train", "--out=here", "--seed=1"], ["train", "--seed", "1"] },
        { ["train", "--force", "--out", "x", "--keep", "fc*"], ["train", "--keep", "fc*"] },
        { ["train", "--force", "true", "--quiet"], ["train", "--quiet"] },
        { ["train", "--keep", "it's \"$HOME\" `date` \\ $(pwd)", "--keep", "*"], ["train", "--keep", "it's \"$HOME\" `date` \\ $(pwd)", "--keep", "*"] },
        { ["train", "--keep", "''", "--keep", "a\nb\tc", "--level", "fc?=0.5"], ["train", "--keep", "''", "--keep", "a\nb\tc", "--level", "fc?=0.5"] },
        { ["train", "--keep", "~", "--keep", "#", "--keep", "!", "--keep", "a;b&c|d<e>f", "--keep", "{1,2}[a]"], ["train", "--keep", "~", "--keep", "#", "--keep", "!", "--keep", "a;b&c|d<e>f", "--keep", "{1,2}[a]"] },
        { ["train", "--keep", "名前 é 😀", "--data-root", "/some where/x"], ["train", "--keep", "名前 é 😀", "--data-root", "/some where/x"] },
        { ["train", "--keep", "", "--seed", "-3"], ["train", "--keep", "", "--seed=-3"] },
        { ["train", "--keep=--force", "--keep=-a b", "--seed", "1"], ["train", "--keep=--force", "--keep=-a b", "--seed", "1"] },
        { ["train", "--keep=-x", "--sparsity=0.5"], ["train", "--keep=-x", "--sparsity", "0.5"] },
    };

    [SkippableTheory]
    [MemberData(nameof(Commands))]
    public void Again_ReadByAShell_IsTheSameWords(string[] given, string[] expected)
    {
        Skip.IfNot(File.Exists("/bin/sh"), "There is no POSIX shell here.");
        var root = new RootCommand { TrainCommand.Create() };

        var text = CommandText.Again(root.Parse(given));

        using var folder = new TempFolder();
        var (code, output, error) = ChildProcess.Run(folder.Root, TimeSpan.FromMinutes(1), "/bin/sh", ["-c", $"dsd() {{ printf '%s\\0' \"$@\"; }}\n{text}"]);
        Assert.True(code == 0, error);
        Assert.Equal([.. expected, ""], output.Split('\0'));
        Assert.Equal(text, CommandText.Again(root.Parse(expected)));
        Assert.Empty(folder.Entries());
    }
}
