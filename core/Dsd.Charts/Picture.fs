namespace Dsd.Charts

open System
open System.Collections.Generic
open System.IO
open System.Net
open System.Runtime.InteropServices
open System.Text
open Dsd
open Newtonsoft.Json
open Plotly.NET

/// HTML that a notebook shows as it is.
[<TypeFormatterSource; Sealed>]
type internal Fragment(html: string) =
    member _.Html = html

/// <summary>A chart with its title and height, which displays itself in a notebook and can be saved as a page, SVG or PNG.</summary>
/// <remarks>The chart is an ordinary Plotly.NET chart and can be modified as such.</remarks>
[<TypeFormatterSource; Sealed>]
type Picture internal (title: string, subtitle: string, height: int, chart: GenericChart, narrow: (int * Layout) option)
    =

    /// <summary>Creates a picture of a custom chart.</summary>
    /// <param name="title">The title, a few words.</param>
    /// <param name="height">The height in pixels.</param>
    /// <param name="chart">The chart.</param>
    new(title, height, chart) = Picture(title, "", height, chart, None)

    /// The title of the picture.
    member _.Title = title

    /// The source of the data: network, data set and seeds, or the schedule; empty if unknown.
    member _.Subtitle = subtitle

    /// The height in pixels; the width is that of the page. On narrow pages the picture may be higher.
    member _.Height = height

    /// The Plotly.NET chart.
    member _.Chart = chart

    /// The figure as Plotly's JSON: data, layout, height, and height and layout for narrow pages, if any; safe inside a script element.
    member _.Json =
        // Not with Plotly.NET's own writer: it needs a package whose F# types fail to load where a notebook brings an older FSharp.Core.
        let figure =
            dict
                [ "data", box (GenericChart.getTraces chart)
                  "layout", box (GenericChart.getLayout chart)
                  "height", box height
                  match narrow with
                  | Some(height, layout) ->
                      "narrow", box (dict [ "below", box Fit.wide; "height", box height; "layout", box layout ])
                  | None -> () ]

        // In JSON these characters occur only inside strings, where they may be escaped.
        JsonConvert
            .SerializeObject(figure, JsonSerializerSettings(ReferenceLoopHandling = ReferenceLoopHandling.Serialize))
            .Replace("<", "\\u003c")
            .Replace(">", "\\u003e")
            .Replace("\u2028", "\\u2028")
            .Replace("\u2029", "\\u2029")

    /// The HTML element of the picture, in which nothing is drawn yet.
    member internal _.Box(id: string) =
        $"<div id=\"{id}\" class=\"dsd-chart\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode title}\" style=\"width:100%%;height:{height}px\"></div>"

    /// The HTML element of the picture and the call that draws it; the page must contain the library.
    member internal this.Fragment(patience: int) =
        let id = Picture.NewId()
        $"{this.Box id}\n{this.Drawn(id, patience)}"

    /// The call that draws the picture in an element, or changes the picture there to this one.
    member internal this.Drawn(id: string, patience: int) =
        $"<script>dsdDraw(\"{id}\", {this.Json}, {patience});</script>\n"

    /// A name for an element of its own.
    static member internal NewId() = "dsd-" + Guid.NewGuid().ToString "N"

    /// The picture as an HTML fragment for a notebook; the first one of a process includes the library.
    member this.ToHtml() = PlotlyScript.forNotebook false + this.Fragment 50

    /// <summary>Saves the picture: as a page that works offline, as SVG, or as PNG of twice the density, by the ending of the path.</summary>
    /// <param name="path">The file, ending in .html, .htm, .svg or .png; without an ending it is a page. Missing folders are created, an existing file is replaced.</param>
    /// <param name="width">The width of SVG and PNG in pixels, 200 to 4000, default 960; a page has the width of its window. The height is that of the heading and the picture.</param>
    /// <returns>The path, for printing in a script.</returns>
    /// <remarks>SVG and PNG are drawn by an installed Chromium, Chrome or Edge, without a window; the environment variable DSD_BROWSER names one that is not found.</remarks>
    /// <exception cref="T:Dsd.DsdException">The ending is another, or SVG or PNG is asked for and there is no browser, or it fails.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written.</exception>
    member this.Save(path: string, [<Optional; DefaultParameterValue(Export.usual)>] width: int) =
        match Export.formatOf path with
        | Export.Format.Page ->
            Page.save
                path
                title
                [ $"<h1>{WebUtility.HtmlEncode title}</h1>"
                  if subtitle <> "" then
                      $"<p class=\"about\">{WebUtility.HtmlEncode subtitle}</p>"
                  this.Fragment 0 ]
        | format ->
            for content in Export.draw format width [ this.Figure ] do
                Export.write path (fun file -> file.Write(ReadOnlySpan content))

        path

    /// <summary>Saves several pictures into a folder, in files named by number and title, such as 02-learning-curves.svg.</summary>
    /// <param name="pictures">The pictures, such as those of a report. SVG and PNG are drawn by one start of the browser.</param>
    /// <param name="folder">The folder; created if it is missing. Files of the same names are replaced.</param>
    /// <param name="format">The ending of the files: svg, png or html.</param>
    /// <param name="width">The width of SVG and PNG in pixels, 200 to 4000, default 960.</param>
    /// <returns>The paths, in the order of the pictures.</returns>
    /// <exception cref="T:Dsd.DsdException">The format is another, or there is no browser, or it fails.</exception>
    /// <exception cref="T:System.IO.IOException">A file cannot be written.</exception>
    static member SaveAll
        (
            pictures: Picture seq,
            folder: string,
            format: string,
            [<Optional; DefaultParameterValue(Export.usual)>] width: int
        ) : IReadOnlyList<string> =
        let pictures = Array.ofSeq pictures

        let paths =
            pictures |> Array.mapi (fun i p -> Path.Combine(folder, Export.name (i + 1) p.Title + "." + format))

        match Export.formatOf ("picture." + format) with
        | Export.Format.Page -> Array.iter2 (fun (p: Picture) (path: string) -> p.Save path |> ignore) pictures paths
        | drawn ->
            let contents = Export.draw drawn width [ for p in pictures -> p.Figure ]

            for path, content in Seq.zip paths contents do
                Export.write path (fun file -> file.Write(ReadOnlySpan content))

        paths

    /// What a browser needs to draw the picture into a file.
    member private this.Figure: Export.Figure =
        { Title = title; Subtitle = subtitle; Height = height; Json = this.Json }

    /// The pictures that something draws, in its order.
    static member internal Drawn(sections: (Picture -> string) -> string list) : IReadOnlyList<Picture> =
        let drawn = List<Picture>()

        sections (fun picture ->
            drawn.Add picture
            "")
        |> ignore

        drawn

    /// The title, with a hint on how to view the picture from a terminal.
    override _.ToString() = $"Picture: {title} (to view it, call .Save(\"picture.html\"); .svg and .png do as well)"

/// A page that works offline: styles, the library once, then the parts.
and internal Page =
    static member text title (parts: string seq) = Page.around title "" (String.Join("\n", parts))

    /// <summary>A page whose scripts have an attribute, such as a nonce.</summary>
    static member around title scripts body =

        $"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{WebUtility.HtmlEncode(title: string)}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: #24292f; background: #ffffff; max-width: 960px; margin: 2em auto; padding: 0 1em; }}
h1 {{ font-size: 1.5em; line-height: 1.25; overflow-wrap: anywhere; }}
h2 {{ font-size: 1.15em; margin: 2em 0 .4em; overflow-wrap: anywhere; }}
h3 {{ font-size: 1em; margin: 1em 0 0; overflow-wrap: anywhere; }}
p.about {{ color: #57606a; margin: .2em 0 .6em; }}
ul {{ padding-left: 1.3em; }}
div.table {{ overflow-x: auto; margin: .6em 0; }}
table {{ border-collapse: separate; border-spacing: 0; font-size: .9em; }}
th, td {{ font-variant-numeric: tabular-nums; padding: .25em .7em; border-bottom: 1px solid rgba(128,128,128,.3); text-align: left; vertical-align: top; max-width: min(30em, 55vw); overflow-wrap: break-word; }}
th:first-child, td:first-child {{ position: sticky; left: 0; max-width: min(18em, 35vw); background: #ffffff; }}
pre {{ overflow-x: auto; padding: .7em; background: rgba(128,128,128,.12); border-radius: 4px; font-size: .85em; white-space: pre-wrap; overflow-wrap: anywhere; }}
@media (max-width: 700px) {{ table {{ width: max-content; }} }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e6edf3; background: #1e1e1e; }} p.about {{ color: #9da7b1; }} th:first-child, td:first-child {{ background: #1e1e1e; }} }}
</style>
<script{scripts}>{PlotlyScript.library.Value}</script>
<script{scripts}>{PlotlyScript.draw}</script>
</head>
<body>
{body}
</body>
</html>
"""

    static member save (path: string) (title: string) (parts: string seq) =
        Export.write path (fun file -> file.Write(Encoding.UTF8.GetBytes(Page.text title parts)))
