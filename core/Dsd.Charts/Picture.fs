namespace Dsd.Charts

open System
open System.IO
open System.Net
open Dsd
open Newtonsoft.Json
open Plotly.NET

/// The plotly.js library, and the script that draws a figure with it.
module internal PlotlyScript =
    /// The full plotly.js, as shipped with Plotly.NET.
    let library =
        lazy
            (let assembly = typeof<GenericChart>.Assembly

             let name =
                 assembly.GetManifestResourceNames()
                 |> Array.find (fun n ->
                     n.Contains("plotly-", StringComparison.Ordinal) && n.EndsWith(".min.js", StringComparison.Ordinal))

             use stream = assembly.GetManifestResourceStream name |> Option.ofObj |> Option.get
             use reader = new StreamReader(stream)
             // A module loader on the page (Jupyter has one) must not capture the library.
             $"(function(define,module,exports){{{reader.ReadToEnd()}\n}}).call(window);")

    /// Draws a figure in the colour of the surrounding text and the layout for its width, and redraws it when the page changes between
    /// light and dark or crosses that width. Called again for a box, it changes the figure there and leaves it zoomed as it is. Buttons appear only under the pointer, so that no screenshot of a page shows them.
    let draw =
        """function dsdDraw(id, figure, patience) {
  var box = document.getElementById(id);
  if (!box) {
    if (patience > 0) setTimeout(function () { dsdDraw(id, figure, patience - 1); }, 100);
    return;
  }
  if (!window.Plotly) {
    if (patience > 0) setTimeout(function () { dsdDraw(id, figure, patience - 1); }, 100);
    else box.textContent = 'The drawing library is not on this page any more: restart the kernel and run all cells.';
    return;
  }
  if (box.dsdChange) return box.dsdChange(figure);
  if (!document.getElementById('dsd-buttons')) {
    var style = document.createElement('style');
    style.id = 'dsd-buttons';
    style.textContent = '.dsd-chart .modebar { visibility: hidden } .dsd-chart:hover .modebar { visibility: visible }';
    document.head.appendChild(style);
  }
  var narrow;
  function isNarrow() { return !!figure.narrow && box.clientWidth < figure.narrow.below; }
  function layout() {
    narrow = isNarrow();
    box.style.height = (narrow ? figure.narrow : figure).height + 'px';
    // The library modifies the layout passed to it.
    var chosen = JSON.parse(JSON.stringify(narrow ? figure.narrow.layout : figure.layout));
    (chosen.font = chosen.font || {}).color = getComputedStyle(box).color;
    chosen.uirevision = 'dsd';
    return chosen;
  }
  box.dsdChange = function (changed) {
    figure = changed;
    Plotly.react(box, figure.data, layout(), config);
  };
  var config = { responsive: true, displaylogo: false, toImageButtonOptions: { format: 'svg' }, modeBarButtons: [['toImage', 'resetScale2d']] };
  Plotly.newPlot(box, figure.data, layout(), config).then(function () {
    box.setAttribute('data-drawn', 'true');
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', function () {
      Plotly.relayout(box, { 'font.color': getComputedStyle(box).color });
    });
    window.addEventListener('resize', function () {
      if (document.body.contains(box) && isNarrow() !== narrow) Plotly.react(box, figure.data, layout(), config);
    });
  });
}
"""

    /// True if this process has already written the library to its page; each notebook has its own process.
    let mutable sent = false

    let mutable private sentLive = false

    /// The library in a script element the first time, then nothing. A cell with live curves that runs again to continue a run loses what it showed, and gets the library again.
    let forNotebook isLive =
        let library =
            if sent && not (isLive && sentLive) then
                ""
            else
                $"<script>{library.Value}</script>\n"

        sentLive <- if sent then sentLive else isLive
        sent <- true
        $"{library}<script>{draw}</script>\n"

/// HTML that a notebook shows as it is.
[<TypeFormatterSource; Sealed>]
type internal Fragment(html: string) =
    member _.Html = html

/// A chart with its title and height, which displays itself in a notebook and can be saved as a page.
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

    /// <summary>Saves the picture as a page that works offline; the browser can save it as SVG.</summary>
    /// <param name="path">The file, usually ending in .html; missing folders are created, an existing file is replaced.</param>
    /// <returns>The path, for printing in a script.</returns>
    /// <exception cref="T:System.IO.IOException">The file cannot be written.</exception>
    member this.Save(path: string) =
        Page.save
            path
            title
            [ $"<h1>{WebUtility.HtmlEncode title}</h1>"
              if subtitle <> "" then
                  $"<p class=\"about\">{WebUtility.HtmlEncode subtitle}</p>"
              this.Fragment 0 ]

        path

    /// The title, with a hint on how to view the picture from a terminal.
    override _.ToString() = $"Picture: {title} (to view it, call .Save(\"picture.html\"))"

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
        match Path.GetDirectoryName(Path.GetFullPath path) with
        | null -> ()
        | folder -> Directory.CreateDirectory folder |> ignore

        AtomicFile.WriteText(path, Page.text title parts)
