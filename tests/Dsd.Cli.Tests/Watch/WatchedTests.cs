using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dsd.Cli.Tests.Watch;

/// <summary>What the page of <c>dsd watch</c> shows of runs, studies and folders.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class WatchedTests(Runs runs) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Now_OfACompleteRun_HasTheChartsOfTheReport()
    {
        var watched = Watched.Open(runs.Of("json"));

        var (version, content) = watched.Now();

        using var shown = JsonDocument.Parse(content);
        var html = shown.RootElement.GetProperty("html").GetString()!;
        Assert.Contains("<p class=\"about\">Complete.</p>", html, StringComparison.Ordinal);
        Assert.Contains("Learning curves", html, StringComparison.Ordinal);
        var figures = shown.RootElement.GetProperty("figures").EnumerateObject().ToList();
        Assert.Equal(figures.Count, html.Split("class=\"dsd-chart\"").Length - 1);
        Assert.All(figures, f => Assert.Contains($"id=\"{f.Name}\"", html, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', content);
        Assert.Equal(1, version);
    }

    [Fact]
    public void Now_NothingHasChanged_IsTheSame()
    {
        var watched = Watched.Open(runs.Of("json"));
        var first = watched.Now();
        Thread.Sleep(1500);

        Assert.Same(first.Content, watched.Now().Content);
        Assert.Equal(first.Version, watched.Now().Version);
    }

    [Fact]
    public void Now_OfALogThatIsNone_SaysWhatIsWrong()
    {
        Directory.CreateDirectory(_folder["one", "dsd"]);
        File.WriteAllText(_folder["one", "dsd", "events.jsonl"], "{\"event\":\"nonsense\"}\n");

        var (_, content) = Watched.Open(_folder["one"]).Now();

        using var shown = JsonDocument.Parse(content);
        Assert.Contains(_folder["one"], shown.RootElement.GetProperty("html").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Now_OfAnEmptyFolder_SaysWhatMakesARun()
    {
        using var shown = JsonDocument.Parse(Watched.Open(_folder.Root).Now().Content);

        Assert.Contains("no runs here yet; &#39;dsd train&#39; makes one.", shown.RootElement.GetProperty("html").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Now_OfHundredsOfRuns_ShowsThoseThatChangedLastAndThenAll()
    {
        const int Runs = 103;
        var line = File.ReadLines(Path.Combine(runs.Of("json"), "dsd", "events.jsonl")).First() + "\n";
        for (var i = 0; i < Runs; i++)
        {
            Directory.CreateDirectory(_folder[$"run-{i:000}", "dsd"]);
            File.WriteAllText(_folder[$"run-{i:000}", "dsd", "events.jsonl"], line);
            Directory.SetLastWriteTimeUtc(_folder[$"run-{i:000}"], DateTime.UnixEpoch.AddDays(i));
        }

        var watched = Watched.Open(_folder.Root);
        var first = Names(watched.Now().Content);

        Assert.Equal(Enumerable.Range(3, 100), first.Order());
        Assert.True(SpinWait.SpinUntil(() => Names(watched.Now().Content).Count == Runs, TimeSpan.FromMinutes(1)));

        static List<int> Names(string content)
        {
            using var shown = JsonDocument.Parse(content);
            return [.. Regex.Matches(shown.RootElement.GetProperty("html").GetString()!, @"href=""\?of=run-(\d{3})""").Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
        }
    }
}
