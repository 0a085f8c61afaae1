namespace Dsd.Charts

open System
open System.Collections.Generic
open System.Security.Cryptography
open System.Text
open Dsd
open Dsd.Records
open Dsd.Studies
open Dsd.Charts.Parts
open Newtonsoft.Json

/// <summary>Reports of what is not complete yet: one page, and what it shows at a moment, which a server sends again and again.</summary>
/// <remarks>The sections and charts are those of <see cref="T:Dsd.Charts.Report"/> and <see cref="T:Dsd.Charts.StudyReport"/>. The page draws a chart again where its figure has changed, and leaves it zoomed as it is.</remarks>
[<AbstractClass; Sealed>]
type internal Live =

    /// Reads what the server sends. A chart stays the element it was, so that only its figure is drawn again.
    static let script =
        """(function () {
  var shown = document.getElementById('dsd-live'), state = document.getElementById('dsd-state'), text = null, figures = {};
  function show(content) {
    document.title = content.title;
    if (content.html !== text) {
      var next = document.createElement('div'), known = {};
      next.innerHTML = content.html;
      shown.querySelectorAll('.dsd-chart').forEach(function (box) { known[box.id] = box; });
      next.querySelectorAll('.dsd-chart').forEach(function (box) { if (known[box.id]) box.replaceWith(known[box.id]); });
      var place = window.scrollY;
      shown.replaceChildren.apply(shown, Array.from(next.childNodes));
      window.scrollTo(0, place);
      text = content.html;
    }
    Object.keys(content.figures).forEach(function (id) {
      var figure = JSON.stringify(content.figures[id]);
      if (figures[id] === figure) return;
      figures[id] = figure;
      dsdDraw(id, content.figures[id], 0);
    });
    Object.keys(figures).forEach(function (id) { if (!content.figures[id]) delete figures[id]; });
  }
  var source = null;
  function connect() {
    source = new EventSource('events' + location.search);
    source.onopen = function () { state.textContent = ''; };
    source.onmessage = function (message) {
      show(JSON.parse(message.data));
      shown.setAttribute('data-version', message.lastEventId);
    };
    source.onerror = function () {
      state.textContent = 'Not connected to dsd watch; trying again. What it showed last stays here.';
      if (source.readyState === 2) setTimeout(function () { location.reload(); }, 3000);
    };
  }
  // A browser has six connections at most: pages in the background keep none, so that more of them can be open.
  document.addEventListener('visibilitychange', function () {
    if (!document.hidden) connect();
    else if (source) source.close();
  });
  if (!document.hidden) connect();
})();
"""

    static let content (title: string) (sections: (Picture -> string) -> string list) =
        let figures, seen = List<string>(), HashSet<string>()

        // Named by what they show, so that a chart is the same one when others come before it.
        let draw (picture: Picture) =
            let hash =
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes picture.Title)).Substring(0, 12)

            let id = Seq.initInfinite (fun i -> $"dsd-{hash}-{i}") |> Seq.find seen.Add
            figures.Add $"\"{id}\":{picture.Json}"
            picture.Box id

        let html = String.concat "\n" (sections draw)
        let figures = String.concat "," figures
        $"{{\"title\":{JsonConvert.ToString title},\"html\":{JsonConvert.ToString html},\"figures\":{{{figures}}}}}"

    /// <summary>Creates the page, which then reads what it shows from the address <c>events</c> beside it.</summary>
    /// <param name="title">The title until something was read.</param>
    /// <param name="nonce">The nonce of its scripts; no other script runs.</param>
    static member Page(title: string, nonce: string) =
        let scripts = $" nonce=\"{nonce}\""

        Page.around
            title
            scripts
            $"<p class=\"about\" id=\"dsd-state\" role=\"status\">Connecting</p>\n<main id=\"dsd-live\"></main>\n<script{scripts}>{script}</script>"

    /// <summary>What the page shows of a run, as JSON: title, HTML, and figures by the elements in which they are drawn.</summary>
    /// <param name="comparison">The arms, complete or not.</param>
    /// <param name="command">The command that produced them; null or empty if a program did.</param>
    /// <param name="isTraining">True while a process trains it.</param>
    /// <param name="state">A sentence on what is going on.</param>
    /// <param name="progress">How far each arm is.</param>
    static member Of
        (comparison: Comparison, command: string | null, isTraining: bool, state: string, progress: TextTable)
        =
        content (Report.Title comparison) (fun draw ->
            match Report.Sections(comparison, command, isTraining, draw) with
            | head :: rest -> head :: about state :: table progress :: rest
            | [] -> [])

    /// <summary>What the page shows of a study.</summary>
    /// <param name="results">The results, complete or not.</param>
    /// <param name="state">A sentence on what is going on.</param>
    static member Of(results: StudyResults, state: string) =
        content (StudyReport.Title results) (fun draw ->
            match StudyReport.Sections(results, draw) with
            | head :: rest -> head :: about state :: rest
            | [] -> [])

    /// <summary>What the page shows of a folder of runs.</summary>
    /// <param name="title">The title.</param>
    /// <param name="words">What else is to be said; empty for nothing.</param>
    /// <param name="rows">The runs, of which the first column is linked.</param>
    /// <param name="links">The address of each row.</param>
    static member Of(title: string, words: string, rows: TextTable, links: IReadOnlyList<string>) =
        content title (fun _ ->
            [ element "h1" title
              if words <> "" then
                  about words
              linked rows links ])

    /// <summary>What the page shows where there is nothing to read.</summary>
    /// <param name="title">The title.</param>
    /// <param name="message">The reason.</param>
    static member Of(title: string, message: string) =
        content title (fun _ -> [ element "h1" title; element "p" message ])
