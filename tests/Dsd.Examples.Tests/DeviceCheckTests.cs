using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>The checks for machines with a GPU run on the CPU too, small.</summary>
public sealed class DeviceCheckTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static string Program { get; } = Path.Combine(Repository.Root, "tests", "Dsd.DeviceChecks", "bin", Repository.Configuration, "net10.0", "Dsd.DeviceChecks.dll");

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Tier", "slow")]
    public void Quick_OnTheCpu_PassesEveryStageAndLeavesItsFile()
    {
        var stages = Run("--list").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]).ToList();

        var (exit, output, error) = Run("--device", "cpu", "--quick", "--out", _folder["results"]);

        Assert.True(exit == 0, output + error);
        Assert.Equal("", error);
        var table = output.TrimEnd().Split('\n')[^(stages.Count + 1)..];
        Assert.Matches(@"^stage +result +seconds", table[0]);
        Assert.Equal(stages, table.Skip(1).Select(line => line.Split(' ')[0]));
        Assert.All(table.Skip(1), line => Assert.Matches(@"^\w+ +passed +\d+\.\d", line));
        Assert.All(stages, stage =>
        {
            using var file = JsonDocument.Parse(File.ReadAllText(_folder["results", $"{stage}.json"]));
            Assert.Equal("passed", file.RootElement.GetProperty("status").GetString());
            Assert.NotEmpty(file.RootElement.GetProperty("findings").EnumerateArray());
        });
        Assert.Contains("training: sessions: ✓ ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void AStage_ThatIsStoppedOrCannotRun_IsSaidInTableAndFileAndTheNextRuns()
    {
        // There is no time for so many cases, and no GPU in a build for the CPU.
        var (stopped, output, _) = Run("--stages", "laws,environment", "--minutes", "0.1", "--cases", "5000", "--out", _folder["stopped"]);
        Assert.Equal(1, stopped);
        Assert.Matches(@"\nlaws +failed +\d.*  it was stopped after its 5 seconds", output);
        Assert.Contains("it was stopped", File.ReadAllText(_folder["stopped", "laws.json"]), StringComparison.Ordinal);
        Assert.Matches(@"\nenvironment +\w+ ", output);

        if (Repository.TorchBackend == "cpu")
        {
            var (exit, text, _) = Run("--stages", "environment", "--device", "cuda", "--out", _folder["cuda"]);
            Assert.Equal(1, exit);
            Assert.Contains("--device cuda: libtorch finds no GPU.", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--device gpu: there is no such device; allowed are cpu, cuda and cuda:N.", "--device", "gpu")]
    [InlineData("There is no stage 'speed'; there are environment, laws, ", "--stages", "speed")]
    [InlineData("--minutes is from 0.1 to 1440; got '0'.", "--minutes", "0")]
    [InlineData("--cases is from 1 to 100000; got 'many'.", "--cases", "many")]
    public void BadInput_IsRefused_WithWhatIsAllowed(string message, params string[] arguments)
    {
        var (exit, _, error) = Run(arguments);
        Assert.Equal(2, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("", "--out {0}/results --minutes 9 --device cuda", "{0}/data")]
    [InlineData("--device cpu --quick", "--out {0}/results --minutes 9 --device cpu --quick", "{0}/data")]
    [InlineData("--out there --minutes 3", "--device cuda --out there --minutes 3", "{0}/data")]
    public void RunScript_OfABundle_LinksTheLibTorchThatPythonHasAndPassesArgumentsOn(string given, string passed, string data)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The bundle is for Linux.");
        var python = Bundle();

        var (exit, output, error) = ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(1), "env", ["-u", "DSD_DATA", "-u", "LIBTORCH", "-u", "OUT", "-u", "LD_LIBRARY_PATH", $"PYTHON={python}", _folder["run.sh"], .. given.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.True(exit == 0, output + error);
        var torch = _folder["site", "torch", "lib"];
        Assert.Equal(
            [$"libtorch: {torch}", string.Format(passed, _folder.Root), string.Format(data, _folder.Root), $"{torch}:{_folder["site", "nvidia", "cudnn", "lib"]}"],
            output.TrimEnd().Split('\n'));
        Assert.Equal(Path.Combine(torch, "libtorch_cpu.so"), new FileInfo(_folder["app", "libtorch_cpu.so"]).LinkTarget);
        Assert.False(File.Exists(_folder["app", "libtorch_cuda.so"]));
    }

    [SkippableFact]
    public void RunScript_WithoutPyTorch_SaysWhatIsMissing()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The bundle is for Linux.");
        Bundle();

        var none = ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(1), "env", ["-u", "LIBTORCH", "PYTHON=/bin/false", _folder["run.sh"]]);
        Assert.Equal((2, "run.sh: /bin/false has no PyTorch. Set PYTHON to one that has, or LIBTORCH to a folder with libtorch_cpu.so.\n"), (none.ExitCode, none.Error));
        var empty = ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(1), "env", [$"LIBTORCH={_folder["data"]}", _folder["run.sh"]]);
        Assert.Equal((2, $"run.sh: there is no libtorch_cpu.so in {_folder["data"]}.\n"), (empty.ExitCode, empty.Error));
    }

    [Fact]
    public void Stages_OfThePage_AreThoseOfTheProgram()
    {
        var rows = Regex.Matches(Repository.Read("core/docs/gpu.md"), @"^\| `(\w+)` \|", RegexOptions.Multiline).Select(m => m.Groups[1].Value);
        Assert.Equal(Run("--list").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]), rows);
    }

    /// <summary>Makes a bundle whose program only says how it was started, and a Python that only says where its PyTorch is.</summary>
    /// <returns>The Python.</returns>
    private string Bundle()
    {
        var (site, all) = (_folder["site"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var folder in new[] { _folder["app"], _folder["data"], Path.Combine(site, "torch", "lib"), Path.Combine(site, "nvidia", "cudnn", "lib") })
        {
            Directory.CreateDirectory(folder);
        }

        File.Copy(Path.Combine(Repository.Root, "tests", "Dsd.DeviceChecks", "run.sh"), _folder["run.sh"], overwrite: true);
        File.WriteAllText(Path.Combine(site, "torch", "lib", "libtorch_cpu.so"), "");
        File.WriteAllText(_folder["app", "Dsd.DeviceChecks"], "#!/bin/sh\necho \"$@\"\necho \"$DSD_DATA\"\necho \"$LD_LIBRARY_PATH\"\n");
        File.WriteAllText(_folder["python"], $"#!/bin/sh\necho {site}/torch/lib\n");
        foreach (var file in new[] { _folder["run.sh"], _folder["app", "Dsd.DeviceChecks"], _folder["python"] })
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, all);
            }
        }

        return _folder["python"];
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments) => Repository.Run("dotnet", [Program, .. arguments]);
}
