/// What is wrong with pictures and pages, and what they hold.
module Dsd.Charts.Tests.Faults

open System.Text.Json
open System.Text.RegularExpressions
open AngleSharp.Dom
open AngleSharp.Html.Parser
open Dsd.Charts

let html (page: string) = HtmlParser().ParseDocument page

/// The elements that pages and fragments are made of, each with its attributes.
let known =
    Map
        [ "html", set [ "lang" ]
          "head", Set.empty
          "meta", set [ "charset"; "name"; "content" ]
          "link", set [ "rel"; "href" ]
          "title", Set.empty
          "style", Set.empty
          "body", Set.empty
          "script", Set.empty
          "div", set [ "id"; "class"; "role"; "aria-label"; "style" ]
          "p", set [ "class" ]
          "table", Set.empty
          "thead", Set.empty
          "tbody", Set.empty
          "tr", Set.empty
          "th", set [ "style" ]
          "td", set [ "style" ]
          "ul", Set.empty
          "li", Set.empty
          "pre", Set.empty
          "h1", Set.empty
          "h2", Set.empty
          "h3", Set.empty ]

/// What a page has that no page should have.
let strange (page: string) =
    let document = html page

    [ for element in document.All do
          match Map.tryFind element.LocalName known with
          | None -> $"<{element.LocalName}>"
          | Some attributes ->
              for a in element.Attributes do
                  if not (attributes.Contains a.Name) then
                      $"{element.LocalName} {a.Name}=\"{a.Value}\""

      for link in document.QuerySelectorAll "link" do
          if link.GetAttribute "href" <> "data:," then
              link.OuterHtml

      for script in document.QuerySelectorAll "script" do
          let text = script.TextContent

          let ours =
              text.StartsWith("(function(define,module,exports){")
              || text.StartsWith "function dsdDraw("
              || Regex.IsMatch(text, "^dsdDraw\(\"dsd-[0-9a-f]{32}\", [^<>]*, (0|50)\);$", RegexOptions.Singleline)

          if not ours then
              $"a script {text[..100]}" ]

/// Line breaks of HTML's source are one kind.
let lines (text: string) = text.ReplaceLineEndings "\n"

let cells (document: IDocument) = [ for c in document.QuerySelectorAll "th, td" -> lines c.TextContent ]

/// What a page holds apart from scripts and names.
let skeleton (page: string) = [ for element in (html page).All -> element.LocalName ]

let parsed (picture: Picture) = JsonDocument.Parse(picture.Json).RootElement

let text (element: JsonElement) (name: string) =
    match element.TryGetProperty name with
    | true, value when value.ValueKind = JsonValueKind.String -> nonNull (value.GetString())
    | true, value when value.ValueKind = JsonValueKind.Object ->
        match value.TryGetProperty "text" with
        | true, inner -> nonNull (inner.GetString())
        | _ -> ""
    | _ -> ""

let isFalse (element: JsonElement) (name: string) =
    match element.TryGetProperty name with
    | true, value -> value.ValueKind = JsonValueKind.False
    | _ -> false

let count (element: JsonElement) (name: string) =
    match element.TryGetProperty name with
    | true, value -> value.GetArrayLength()
    | _ -> 0

let rec strings (element: JsonElement) : string seq = seq {
    match element.ValueKind with
    | JsonValueKind.String -> nonNull (element.GetString())
    | JsonValueKind.Array ->
        for item in element.EnumerateArray() do
            yield! strings item
    | JsonValueKind.Object ->
        for item in element.EnumerateObject() do
            yield! strings item.Value
    | _ -> ()
}

/// The axes of a layout that a reader sees, with what is wrong with each.
let faults (picture: Picture) =
    let root = parsed picture
    let layout = root.GetProperty "layout"

    let axes =
        [ for p in layout.EnumerateObject() do
              if Regex.IsMatch(p.Name, "^[xy]axis[0-9]*$") then
                  p ]

    [ if picture.Json.Contains '<' then
          "the JSON holds a <"

      for word in strings root do
          if List.contains word [ "NaN"; "Infinity"; "-Infinity" ] then
              $"the JSON holds {word}"

      for letter in [ "xaxis"; "yaxis" ] do
          if not (axes |> List.exists (fun a -> a.Name = letter)) then
              $"{letter} is left to the library"

      for axis in axes do
          let hidden = isFalse axis.Value "visible" || isFalse axis.Value "showticklabels"

          if not hidden && text axis.Value "title" = "" && count axis.Value "ticktext" = 0 then
              $"{axis.Name} has no title"

          if count axis.Value "ticktext" <> count axis.Value "tickvals" then
              $"{axis.Name} has as many texts as ticks"

      if not (isFalse layout "showlegend") then
          for trace in (root.GetProperty "data").EnumerateArray() do
              if not (isFalse trace "showlegend") && text trace "name" = "" then
                  "a trace without a name is in the legend" ]
