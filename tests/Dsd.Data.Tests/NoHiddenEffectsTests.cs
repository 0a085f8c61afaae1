namespace Dsd.Data.Tests;

/// <summary>Constructors change nothing in the process; what does is one call, and without it nothing is computed that could be wrong.</summary>
public sealed class NoHiddenEffectsTests
{
    [Fact]
    public void Constructors_OfNetworksTasksSessionsAndComputations_ChangeNothing()
    {
        var said = Child("constructors");
        var (before, configured) = (said["before"], said["configured"]);
        string[] bound = ["session", "computation"];
        Assert.All(said.Where(s => s.Key != "configured" && !bound.Contains(s.Key)), s => Assert.Equal((s.Key, before), (s.Key, s.Value)));
        Assert.All(bound, b => Assert.Equal((b, configured), (b, said[b])));
        if (OperatingSystem.IsLinux())
        {
            // The probe itself: it sees what Configure changes.
            Assert.Contains("keeps memory False", before, StringComparison.Ordinal);
            Assert.Contains("keeps memory True", configured, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Computing_InAProcessThatIsNotConfigured_SaysTheLineToAdd()
    {
        var said = Child("unconfigured");
        Assert.Equal(10, said.Count);
        Assert.All(said, s => Assert.EndsWith("Add Dsd.Torch.TorchRuntime.Configure(); as the first line of the program.", s.Value, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("network")]
    [InlineData("task")]
    [InlineData("session")]
    [InlineData("computation")]
    [Trait("Tier", "slow")]
    public void Digits_AfterSomethingElseWasConstructed_AreTheSame(string before) => Assert.Equal(Child("digits", "nothing"), Child("digits", before));

    [Fact]
    [Trait("Tier", "slow")]
    public void Configure_WithOptionsOff_LeavesTheProcessAsTorchSharpHasIt()
    {
        var on = Child("state");
        var off = Child("state", "CheckedOneDnn", "NoNnpack", "WideMkl", "KeptMemory", "KeptScalars");
        string[] names = ["CheckedOneDnn", "NoNnpack", "WideMkl", "KeptMemory", "KeptScalars"];
        Assert.All(names, n => Assert.Equal("Off", off[n]));
        Assert.All(names, n => Assert.NotEqual("Off", on[n]));
        Assert.Equal(Child("constructors")["before"], off["settings"]);
        Assert.Equal("Applied", on["KeptScalars"]);
        Assert.Equal(off["collector"], on["collector"]);
        Assert.Equal(off, Child(
            ["state", "environment"],
            ("DSD_CHECKED_ONEDNN", "0"),
            ("DSD_NO_NNPACK", "off"),
            ("DSD_WIDE_MKL", "false"),
            ("DSD_KEPT_MEMORY", "0"),
            ("DSD_KEPT_SCALARS", "OFF")));
    }

    [Fact]
    public void Hooks_SwitchedOffByTheEnvironment_AreNotInstalled()
    {
        var on = Child("hooks");
        Assert.Equal(("1", "1", "True"), (on["native"], on["managed"], on["option"]));

        var noNative = Child(["hooks"], ("DSD_NATIVE_LOADING", "0"));
        Assert.Equal(("0", "1", "False"), (noNative["native"], noNative["managed"], noNative["option"]));

        var noHost = Child(["hooks"], ("DSD_HOST_FSHARP_CORE", "0"));
        Assert.Equal(("1", "0", "True"), (noHost["native"], noHost["managed"], noHost["option"]));
    }

    private static Dictionary<string, string> Child(params string[] arguments) => Child(arguments, []);

    private static Dictionary<string, string> Child(string[] arguments, params (string Name, string Value)[] environment)
    {
        var (exitCode, output, error) = ChildProcess.Run(
            AppContext.BaseDirectory, TimeSpan.FromMinutes(3), "dotnet", ["exec", typeof(NoHiddenEffectsTests).Assembly.Location, .. arguments], environment);
        Assert.True(exitCode == 0, output + error);
        return output.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ", 2)).ToDictionary(l => l[0], l => l[1]);
    }
}
