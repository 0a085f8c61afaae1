using System.Diagnostics;

namespace Dsd.Cli.Tests;

/// <summary>How command lines go on, as the command says it and as a shell then types it.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("dsd tr", "train")]
    [InlineData("dsd ins", "inspect")]
    [InlineData("dsd train --init", "--init --init-except")]
    [InlineData("dsd da", "data")]
    [InlineData("/somewhere/dsd tr", "train")]
    [InlineData("dsd study ru", "run")]
    [InlineData("dsd train --model resnet-", "resnet-18 resnet-20 resnet-50")]
    [InlineData("dsd train --model=resnet-", "--model=resnet-18 --model=resnet-20 --model=resnet-50")]
    [InlineData("dsd train --data fashion", "fashion-mnist fashion-scenes")]
    [InlineData("dsd plan --optimizer ", "adam adamw rmsprop sgd")]
    [InlineData("dsd train --precision ", "bf16 fp32")]
    [InlineData("dsd train --layout channels-", "channels-first channels-last")]
    [InlineData("dsd train --device ", "auto cpu cuda")]
    [InlineData("dsd train --preset ", "paper")]
    [InlineData("dsd train --scale ", "full small")]
    [InlineData("dsd train --arms ", "control dsd dsd,control")]
    [InlineData("dsd study run s.json --launcher ", "local slurm")]
    [InlineData("dsd train --keep ", "conv1 conv2 fc1 fc2")]
    [InlineData("dsd train --model vgg16 --keep classifier", "classifier.0 classifier.3 classifier.6")]
    [InlineData("dsd train --level fc", "fc1= fc2=")]
    [InlineData("dsd models lenet", "lenet-300-100 lenet-300-100-eigenvalues lenet-300-100-spectral lenet-5")]
    [InlineData("dsd data get bib", "bible-kjv")]
    [InlineData("dsd completion ", "bash fish pwsh zsh")]

    // After a value of an option that can be repeated comes what the command takes, not another value.
    [InlineData("dsd train --level conv1=0.5 --kee", "--keep")]
    [InlineData("dsd train --keep fc1 fc", "")]

    // Paths are the shell's affair, and so no option stands in their way.
    [InlineData("dsd report ", "")]
    [InlineData("dsd train --schedule ", "")]
    [InlineData("dsd report --mark", "--markdown")]
    [InlineData("dsd train --no-such=", "")]
    [InlineData("dsd no-such --model ", "")]
    public void Suggest_AtTheEndOfALine_SaysHowItCanGoOn(string line, string expected)
    {
        var outcome = DsdProcess.Run(_folder.Root, $"[suggest:{line.Length}]", line).Succeeded();

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), Lines(outcome.Out).Order(StringComparer.Ordinal));
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void Suggest_OfAnEmptyLine_NamesTheCommands()
    {
        var said = Lines(DsdProcess.Run(_folder.Root, "[suggest]", "dsd ").Succeeded().Out);

        Assert.Superset(new HashSet<string> { "train", "plan", "report", "study", "models", "data", "torch", "completion" }, said.ToHashSet());
        Assert.DoesNotContain(said, c => c is "-h" or "/h" or "-?" or "/?");
    }

    [Fact]
    public void Suggest_BeforeTheEndOfALine_LooksNoFurtherThanTheCursor() =>
        Assert.Equal(["train"], Lines(DsdProcess.Run(_folder.Root, "[suggest:6]", "dsd tr --model lenet-5").Succeeded().Out));

    [Fact]
    public void Suggest_OfNames_LoadsNoLibTorch()
    {
        // Without libtorch what needs it fails, and a shell that waits for it would be no use.
        var command = BareCommand.Make(_folder["bare"]);

        var outcome = command.Run("[suggest]", "dsd train --model resnet-1");

        Assert.Equal(["resnet-18"], Lines(outcome.Succeeded().Out));
    }

    [Fact]
    public void Completion_OfAnUnknownShell_IsRefusedWithThoseThereAre()
    {
        var outcome = DsdProcess.Run(_folder.Root, "completion", "tcsh");

        outcome.Refused();
        Assert.Contains("bash, zsh, fish, pwsh", outcome.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("dsd mod\tresnet-5\t\n", "resnet-50: ")]
    [InlineData("dsd plan --sparsity=0.5 --model=lenet-3\t--kee\tfc3\n", "fc3")]
    [InlineData("dsd plan --level conv\t1=0.5 --keep fc2 --js\t\n", "set conv1 = 0.5")]
    [InlineData("dsd data list imagenet:pict\t\n", "pictures")]
    [Trait("Tier", "slow")]
    public void Completion_InBash_TypesTheRestOfTheWord(string typed, string expected)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Has("script") && Has("bash"), "Typing into bash needs Linux and the program 'script'.");
        Directory.CreateDirectory(_folder["pictures"]);

        var shown = Type("script --quiet --return --command 'bash --norc --noprofile -i' /dev/null", $"PS1=; eval \"$(dsd completion bash)\"\n{typed}exit\n");

        Assert.Contains(expected, shown, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Completion_InFish_OffersTheNames()
    {
        Skip.IfNot(Has("fish"), "There is no fish here.");

        var shown = Type("fish --no-config", "dsd completion fish | source; complete -C 'dsd train --model resnet-'\n");

        Assert.Equal(["resnet-18", "resnet-20", "resnet-50"], Lines(shown));
    }

    [SkippableFact]
    public void Completion_InPowerShell_OffersTheNames()
    {
        Skip.IfNot(Has("pwsh"), "There is no PowerShell here.");

        var shown = Type("pwsh -NoProfile -Command -", "dsd completion pwsh | Out-String | Invoke-Expression; (TabExpansion2 'dsd train --model resnet-' 25).CompletionMatches.CompletionText\n");

        Assert.Equal(["resnet-18", "resnet-20", "resnet-50"], Lines(shown));
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static bool Has(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Types into a shell in which <c>dsd</c> is the command that was built, and gives what it showed.</summary>
    private string Type(string shell, string typed)
    {
        var programs = Directory.CreateDirectory(_folder["programs"]).FullName;
        var dsd = Path.Combine(programs, "dsd");
        File.WriteAllText(dsd, $"#!/bin/sh\nexec '{DsdProcess.DotNet}' exec '{DsdProcess.Assembly}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(dsd, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var start = new ProcessStartInfo("sh", ["-c", shell])
        {
            WorkingDirectory = _folder.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{programs}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["TERM"] = "dumb";
        start.Environment["HOME"] = _folder.Root;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.StandardInput.Write(typed);
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromMinutes(1)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{shell} did not end.\n{output.Result}\n{error.Result}");
        }

        return output.Result;
    }
}
