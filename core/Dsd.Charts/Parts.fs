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

/// A table as an HTML fragment.
let table (table: TextTable) =
    let cell tag i words =
        elementWith
            tag
            (if table.IsRight[i] then
                 " style=\"text-align:right;white-space:nowrap\""
             else
                 // Jupyter right-aligns text by default.
                 " style=\"text-align:left\"")
            words

    let row tag (cells: string seq) =
        let cells = cells |> Seq.mapi (cell tag) |> String.concat ""
        $"<tr>{cells}</tr>"

    let body = table.Rows |> Seq.map (row "td") |> String.concat "\n"
    let head = row "th" table.Titles
    $"<div class=\"table\"><table><thead>{head}</thead>\n<tbody>{body}</tbody></table></div>"

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
