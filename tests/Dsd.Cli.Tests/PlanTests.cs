using System.Text.Json;
using Dsd.Schedules;

namespace Dsd.Cli.Tests;

/// <summary><c>dsd plan</c>.</summary>
public sealed class PlanTests : IDisposable
{
    private static readonly string[] s_lenet = ["plan", "--model", "lenet-300-100"];
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Plan_ByDefault_PrintsPhasesThenLayers()
    {
        var text = DsdProcess.Run(_folder.Root, "plan").Succeeded().Out;

        var phases = text.IndexOf("| dense ", StringComparison.Ordinal);
        var layers = text.IndexOf("| conv1.weight ", StringComparison.Ordinal);
        Assert.True(phases > 0 && layers > phases, text);
        Assert.Contains("280,000", text, StringComparison.Ordinal);
        Assert.Contains("decided by", text, StringComparison.Ordinal);
        Assert.Empty(_folder.Entries());
    }

    [Fact]
    public void Plan_WithoutTheNativeLibrary_Works()
    {
        // A copy of the command that lacks libtorch: whatever needs it fails there.
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll").Append(Path.ChangeExtension(DsdProcess.Assembly, ".runtimeconfig.json")))
        {
            File.Copy(file, _folder[Path.GetFileName(file)]);
        }

        // Nor is it found where NuGet keeps packages.
        var environment = NoData.Environment(_folder);
        environment["NUGET_PACKAGES"] = _folder["home"];
        var assembly = _folder["Dsd.Cli.dll"];
        Assert.Equal("lenet-5", Runs.Object(Run("plan", "--json").Succeeded().Out).GetProperty("model").GetString());
        Run("models").Succeeded();
        Run("data", "list").Succeeded();
        Assert.NotEqual(0, Run("train", "--out", "run").Code);

        Outcome Run(params string[] args)
        {
            using var process = DsdProcess.Start(_folder.Root, environment, DsdProcess.DotNet, [assembly, .. args]);
            return process.Wait();
        }
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Computation_SaysHowLayersWouldBeComputedHere()
    {
        string[] asked = ["plan", "--layout", "channels-first", "--computation"];

        var text = DsdProcess.Run(_folder.Root, asked).Succeeded().Out;
        var json = Runs.Object(DsdProcess.Run(_folder.Root, [.. asked, "--json"]).Succeeded().Out);

        var said = json.GetProperty("computation").GetString()!;
        Assert.Matches("^fp32(;|$)", said);
        Assert.EndsWith($"\n\nComputed in {said}", text.TrimEnd().ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Empty(_folder.Entries());
    }

    [Fact]
    public void Json_HasTheDocumentedFields()
    {
        var outcome = DsdProcess.Run(_folder.Root, [.. s_lenet, "--sparsity", "0.5", "--batch", "100", "--train-limit", "1000", "--dense", "2ep", "--seed", "5", "--json"]).Succeeded();
        var root = Runs.Object(outcome.Out);

        Assert.Empty(outcome.Error);
        Assert.Equal(["model", "data", "batch", "trainExamples", "seed", "stepsPerEpoch", "arms", "dataProblems"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal("lenet-300-100", root.GetProperty("model").GetString());
        Assert.Equal("fashion-mnist", root.GetProperty("data").GetString());
        Assert.Equal(100, root.GetProperty("batch").GetInt32());
        Assert.Equal(1000, root.GetProperty("trainExamples").GetInt32());
        Assert.Equal(5, root.GetProperty("seed").GetInt64());
        Assert.Equal(10, root.GetProperty("stepsPerEpoch").GetInt32());
        var arms = root.GetProperty("arms").EnumerateArray().ToList();
        Assert.Equal(["dsd", "control"], arms.Select(a => a.GetProperty("name").GetString()));
        Assert.All(arms, a => Assert.Equal(80, a.GetProperty("steps").GetInt64()));
        var phases = arms[0].GetProperty("phases").EnumerateArray().ToList();
        Assert.Equal([("dense", 0L, 20L), ("sparse", 20, 30), ("redense", 50, 30)], phases.Select(p => (p.GetProperty("name").GetString()!, p.GetProperty("firstStep").GetInt64(), p.GetProperty("steps").GetInt64())));
        Assert.Equal([0, 0.5, 0], phases.Select(p => p.GetProperty("sparsity").GetDouble()));
        Assert.Equal(["cosine 0.02 → 0.002", "0.002", "0.0002"], phases.Select(p => p.GetProperty("rate").GetString()));
        Assert.Equal([("fc1.weight", 235200L, 117600L), ("fc2.weight", 30000, 15000), ("fc3.weight", 1000, 500)], Layers(phases[1]));
        Assert.All(Layers(arms[1].GetProperty("phases")[1]), l => Assert.Equal(l.Weights, l.Kept));
    }

    [Fact]
    public void LabelNoiseAndRedraw_StandInTheTextAndTheJson()
    {
        string[] options = [.. s_lenet, "--label-noise", "0.2", "--label-noise-seed", "7", "--redraw", "train", "--train-limit", "1000", "--seed", "5"];
        Assert.StartsWith(
            "lenet-300-100 on fashion-mnist, batch 64, 20 % wrong labels (seed 7), training examples drawn for each seed\n",
            DsdProcess.Run(_folder.Root, options).Succeeded().Out.ReplaceLineEndings("\n"),
            StringComparison.Ordinal);

        var root = Runs.Object(DsdProcess.Run(_folder.Root, [.. options, "--json"]).Succeeded().Out);
        Assert.Equal((0.2, 7L, "train"), (root.GetProperty("labelNoise").GetProperty("fraction").GetDouble(), root.GetProperty("labelNoise").GetProperty("seed").GetInt64(), root.GetProperty("redraw").GetString()));
    }

    [Theory]
    [InlineData(117600, "--keep fc1 --level fc*=0.5")]
    [InlineData(235200, "--level fc*=0.5 --keep fc1")]
    [InlineData(47040, "--level fc*=0.5 --level fc1=0.8")]
    [InlineData(117600, "--level fc1=0.8 --level fc*=0.5")]
    [InlineData(47040, "--keep fc1 --keep=fc2 --level=fc1=0.8")]
    public void KeepAndLevel_TheLastThatMatches_Wins(long kept, string options)
    {
        var outcome = DsdProcess.Run(_folder.Root, [.. s_lenet, "--json", .. options.Split(' ')]).Succeeded();

        Assert.Equal(kept, Layers(Sparse(outcome))[0].Kept);
    }

    [Fact]
    public void Sparsity_OfZero_IsAllowedAndKeepsAll()
    {
        var outcome = DsdProcess.Run(_folder.Root, [.. s_lenet, "--sparsity", "0", "--json"]).Succeeded();

        Assert.Equal(0, Sparse(outcome).GetProperty("sparsity").GetDouble());
    }

    [Fact]
    public void ScheduleFile_SaysTheSameAsTheShortForm()
    {
        var schedule = Schedule.Dsd(Duration.Steps(5), Duration.Epochs(2), Duration.Epochs(1), 0.4, 0.1, LayerScope.Default.Keep("fc3"));
        File.WriteAllText(_folder["my schedule.json"], schedule.ToJson());

        var fromFile = DsdProcess.Run(_folder.Root, [.. s_lenet, "--json", "--schedule", "my schedule.json"]).Succeeded();
        var fromOptions = DsdProcess.Run(
            _folder.Root, [.. s_lenet, "--json", "--dense", "5st", "--sparse", "2ep", "--redense", "1ep", "--sparsity", "0.4", "--rate", "0.1", "--keep", "fc3"]).Succeeded();

        Assert.Equal(fromOptions.Out, fromFile.Out);
    }

    [Fact]
    public void Plan_TakesEveryOptionOfTrain()
    {
        DsdProcess.Run(
            _folder.Root,
            [.. s_lenet, "--seed", "3", "--device", "cpu", "--threads", "1", "--optimizer", "adam", "--weight-decay", "0", "--augment", "--out", "x", "--force", "--quiet", "--data-root", "y"])
            .Succeeded();

        Assert.Empty(_folder.Entries());
    }

    [Fact]
    public void Plan_InAnotherCulture_IsTheSame()
    {
        var german = new Dictionary<string, string?> { ["LANG"] = "de_DE.UTF-8", ["LC_ALL"] = "de_DE.UTF-8" };

        var there = DsdProcess.Run(_folder.Root, german, ["plan", "--sparsity", "0.25"]).Succeeded();
        var here = DsdProcess.Run(_folder.Root, "plan", "--sparsity", "0.25").Succeeded();

        Assert.Equal(here.Out, there.Out);
    }

    private static JsonElement Sparse(Outcome outcome) => Runs.Object(outcome.Out).GetProperty("arms")[0].GetProperty("phases")[1];

    private static List<(string Name, long Weights, long Kept)> Layers(JsonElement phase) =>
        [.. phase.GetProperty("layers").EnumerateArray().Select(l => (l.GetProperty("name").GetString()!, l.GetProperty("weights").GetInt64(), l.GetProperty("kept").GetInt64()))];
}
