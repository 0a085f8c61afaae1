using Dsd.Data;
using Dsd.Models;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;

namespace Dsd.Examples.Tests;

public sealed class ScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Scripts_AreAllRunByATest() => Assert.Equal(
        ["dsd.fsx", "first-run.fsx", "weight-histograms.fsx"],
        Directory.GetFiles(Path.Combine(Repository.Root, "scripts")).Select(Path.GetFileName).Order());

    [Fact]
    public void WeightHistograms_OfARecord_IsAPictureOfItsFivePanels()
    {
        var log = Path.Combine(_folder, "events.jsonl");
        FashionMnist.Obtain();
        var task = new ImageClassification(FashionMnist.Load(trainLimit: 64), batchSize: 64, seed: 1);
        using var model = new LeNet300100();
        using (var events = new EventLog(log))
        {
            var schedule = Schedule.Dsd(Duration.Steps(2), Duration.Steps(2), Duration.Steps(2), 0.5, 0.01);
            Trainer.Run(schedule.On(model, task.StepsPerEpoch), model, task, observer: events.Write);
        }

        var picture = Path.Combine(_folder, "picture.svg");
        var (exit, _, error) = Repository.Run("dotnet", "fsi", "scripts/weight-histograms.fsx", log, "fc1.weight", picture);
        Assert.True(exit == 0, error);
        var svg = System.Xml.Linq.XDocument.Load(picture);
        Assert.Equal(5, svg.Descendants().Count(e => (string?)e.Attribute("class") == "title"));
        Assert.Equal(3, svg.Descendants().Count(e => e.Value == "117,600 zeros"));
    }

    [Theory]
    [InlineData("nowhere.jsonl", "fc1.weight", "no such event log")]
    [InlineData("README.md", "fc1.weight", "line 1: not an event")]
    public void WeightHistograms_OfWhatIsNoRecord_SaysSo(string log, string layer, string message)
    {
        var (exit, _, error) = Repository.Run("dotnet", "fsi", "scripts/weight-histograms.fsx", log, layer, Path.Combine(_folder, "picture.svg"));
        Assert.Equal(2, exit);
        Assert.Contains(message, error);
        Assert.Empty(Directory.GetFiles(_folder));
    }
}
