/// The building blocks of reports, in HTML and Markdown.
module internal Dsd.Charts.Parts

open System.Net
open Dsd

/// Creates an HTML element around a text, which is escaped.
let elementWith tag attributes (words: string) = $"<{tag}{attributes}>{WebUtility.HtmlEncode words}</{tag}>"

/// Creates an HTML element without attributes around a text, which is escaped.
let element tag words = elementWith tag "" words

/// A paragraph that introduces what follows.
let about words = elementWith "p" " class=\"about\"" words

/// A list with one item per text.
let list (words: string seq) =
    let points = words |> Seq.map (element "li") |> String.concat "\n"
    $"<ul>{points}</ul>"

/// A text as HTML shows it.
let private escaped (words: string) = $"{WebUtility.HtmlEncode words}"

let private rows (table: TextTable) (first: int -> string -> string) =
    let cell tag (shown: string -> string) i words =
        let style =
            if table.IsRight[i] then
                "text-align:right;white-space:nowrap"
            else
                // Jupyter right-aligns text by default.
                "text-align:left"

        $"<{tag} style=\"{style}\">{shown words}</{tag}>"

    let row tag (shown: string -> string) (cells: string seq) =
        let cells =
            cells
            |> Seq.mapi (fun i words -> cell tag (if i = 0 then shown else escaped) i words)
            |> String.concat ""

        $"<tr>{cells}</tr>"

    let body = table.Rows |> Seq.mapi (fun i cells -> row "td" (first i) cells) |> String.concat "\n"

    let head = row "th" escaped table.Titles
    $"<div class=\"table\"><table><thead>{head}</thead>\n<tbody>{body}</tbody></table></div>"

/// A table as an HTML fragment.
let table (table: TextTable) = rows table (fun _ -> escaped)

/// A table whose first column leads elsewhere, one address a row.
let linked (table: TextTable) (addresses: System.Collections.Generic.IReadOnlyList<string>) =
    rows table (fun i -> elementWith "a" $" href=\"{WebUtility.HtmlEncode addresses[i]}\"")

/// A section: heading, introduction and content.
let part (heading: string, words: string, content: string list) =
    String.concat "\n" (element "h2" heading :: (if words = "" then [] else [ about words ]) @ content)

/// Escapes a text so that Markdown shows it verbatim.
let fence (language: string) (content: string) =
    // A fence must be longer than any run of backticks inside.
    let ticks = String.replicate (max 3 (1 + (content.Split([| '`' |]) |> Array.length))) "`"
    $"{ticks}{language}\n{content.TrimEnd()}\n{ticks}"

/// A note on how to run the command from a checkout.
let checkout = "In a checkout of Dsd, dsd stands for: dotnet run -c Release --project core/Dsd.Cli --."
