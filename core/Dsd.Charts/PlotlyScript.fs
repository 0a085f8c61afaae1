namespace Dsd.Charts

open System
open System.IO
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
