namespace Dsd.Charts.Tests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open AngleSharp.Html.Parser
open Dsd.Charts
open Dsd.Tests.Shared
open Xunit
open Dsd.Plans

/// Pages as a browser without a network shows them.
[<Trait("Tier", "slow")>]
type BrowserTests() =

    /// What a browser made of a page: its elements, what it said on the console, and what it asked a network for.
    let visit (folder: TempFolder) (page: string) =
        Skip.If(isNull Browser.Path, Browser.Missing)
        let network = folder["network.json"]

        let struct (code, dom, said) =
            Browser.Visit(
                folder[page],
                folder.Root,
                [ "--window-size=1000,800"; $"--log-net-log={network}"; "--enable-logging=stderr" ]
            )

        Assert.True((code = 0), $"the browser ended with {code}: {said}")
        let log = (JsonDocument.Parse(File.ReadAllText network)).RootElement

        let start =
            log.GetProperty("constants").GetProperty("logEventTypes").GetProperty("URL_REQUEST_START_JOB").GetInt32()

        let text (e: JsonElement) (name: string) =
            match e.TryGetProperty name with
            | true, value -> string (value.GetString())
            | _ -> ""

        // What the browser asks for itself, such as updates, is in no page's partition of the network.
        let asked =
            [ for e in log.GetProperty("events").EnumerateArray() do
                  match e.TryGetProperty "params" with
                  | true, p when
                      e.GetProperty("type").GetInt32() = start && (text p "network_isolation_key").StartsWith "file:"
                      ->
                      text p "url"
                  | _ -> () ]

        {| Page = HtmlParser().ParseDocument dom
           Console = [ for m in Regex.Matches(said, "(?m)^.*CONSOLE.*$") -> m.Value ]
           Asked = asked |}

    /// Writes a page and fails unless it draws the given number of charts, says nothing, and asks for nothing.
    let draws count (name: string) (write: string -> unit) =
        use folder = new TempFolder()
        write folder[name]
        let seen = visit folder name
        Assert.Empty seen.Console
        Assert.Empty(seen.Asked |> List.filter (fun url -> not (url.StartsWith "data:")))
        let charts = seen.Page.QuerySelectorAll "div.dsd-chart"
        Assert.Equal(count, charts.Length)

        for chart in charts do
            let label = chart.GetAttribute "aria-label"
            Assert.True((chart.GetAttribute "data-drawn" = "true"), $"{label} was not drawn")
            Assert.True((chart.QuerySelectorAll "svg.main-svg").Length > 0, $"{label} has no drawing")

    [<SkippableFact>]
    member _.``a report draws all its charts without a network``() =
        draws 10 "report.html" (fun path -> File.WriteAllText(path, Report.Html(Run.sound, "dsd train")))

    [<SkippableFact>]
    member _.``a report of a study draws all its charts without a network``() =
        draws 3 "study.html" (fun path -> File.WriteAllText(path, StudyReport.Html(Trials.sound (Trials.sweep 5 3))))

    [<SkippableFact>]
    member _.``a saved picture is drawn without a network``() =
        draws 1 "picture.html" (fun path -> (Draw.Weights(Run.sound.Runs[0], "conv2.weight")).Save path |> ignore)

    [<SkippableFact>]
    member _.``pieces of a notebook are drawn on one page``() =
        PlotlyScript.sent <- false
        let run = Run.sound.Runs[0]

        let cells =
            [ Display.Html Run.dsd
              Display.Html((nonNull run.Start).Plan())
              Display.Html run
              Display.Html Run.sound
              Display.Html(Draw.Layers((nonNull run.Start).Plan())) ]

        draws 7 "notebook.html" (fun path ->
            File.WriteAllText(
                path,
                "<!DOCTYPE html><meta charset=\"utf-8\">\n"
                + String.concat "\n" [ for c in cells -> $"<div>{c}</div>" ]
            ))

    [<SkippableFact>]
    member _.``the browser tells of a request and of an error, so their absence means something``() =
        use folder = new TempFolder()

        File.WriteAllText(
            folder["bad.html"],
            "<!DOCTYPE html><script src=\"https://cdn.invalid/plotly.js\"></script><link rel=\"stylesheet\" href=\"http://css.invalid/a.css\"><script>throw Error('broken'); </script><script>fetch('https://late.invalid/')</script>"
        )

        let seen = visit folder "bad.html"
        Assert.Contains("https://cdn.invalid/plotly.js", seen.Asked)
        Assert.Contains("http://css.invalid/a.css", seen.Asked)
        Assert.Contains("https://late.invalid/", seen.Asked)
        Assert.Contains(seen.Console, fun line -> line.Contains "broken")
