namespace Dsd.Cli.Tests;

/// <summary>Remarks on what is valid and hardly meant.</summary>
public sealed class RemarksTests : IDisposable
{
    private const string NoMask = "Remark: the arm dsd has no mask in any phase";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("0.5", "dsd,control", false)]
    [InlineData("0", "dsd,control", true)]
    [InlineData("0", "control", false)]
    public void Plan_AnArmDsdWithoutMask_IsRemarked(string sparsity, string arms, bool isRemarked)
    {
        File.WriteAllText(_folder["s.json"], $$"""{ "phases": [ { "duration": "1ep", "rate": 0.1 }, { "duration": "1ep", "rate": 0.1, "sparsity": {{sparsity}} } ] }""");

        var outcome = DsdProcess.Run(_folder.Root, "plan", "--schedule", "s.json", "--arms", arms).Succeeded();

        Assert.Equal(isRemarked, outcome.Error.Contains(NoMask, StringComparison.Ordinal));
    }

    [Fact]
    public void StudyPlan_AnArmDsdWithoutMask_IsRemarkedForItsVariantAlone()
    {
        File.WriteAllText(_folder["s.json"], """
            { "name": "x", "setting": { "network": "lenet-300-100", "data": "fashion-mnist" },
              "schedule": { "phases": [ { "duration": "1ep", "rate": 0.1 }, { "duration": "1ep", "rate": 0.1, "sparsity": 0.5 } ] },
              "grid": { "sparsity": [0, 0.5] }, "judge": "validation", "arms": ["dsd", "control"], "seeds": 1 }
            """);

        var outcome = DsdProcess.Run(_folder.Root, "study", "plan", "s.json", "--no-timing").Succeeded();

        Assert.Equal(1, outcome.Error.Split("Remark: the arm dsd of sparsity 0 has no mask in any phase").Length - 1);
        Assert.DoesNotContain("sparsity 0.5 has no mask", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_MoreThreadsThanCores_IsRemarked()
    {
        Assert.Contains("Remark: 1024 threads on ", DsdProcess.Run(_folder.Root, "plan", "--threads", "1024").Succeeded().Error, StringComparison.Ordinal);
        Assert.Empty(DsdProcess.Run(_folder.Root, "plan", "--threads", "1").Succeeded().Error);
    }
}
