/// What reports are put together from: pieces of HTML, and of Markdown.
module internal Dsd.Charts.Parts

open System.Net
open Dsd

/// An element of HTML around a text, which is escaped.
let elementWith tag attributes (words: string) = $"<{tag}{attributes}>{WebUtility.HtmlEncode words}</{tag}>"

/// An element of HTML without attributes around a text, which is escaped.
let element tag words = elementWith tag "" words

/// A paragraph that explains what comes after it.
let about words = elementWith "p" " class=\"about\"" words

/// A list with a point for each text.
let list (words: string seq) =
    let points = words |> Seq.map (element "li") |> String.concat "\n"
    $"<ul>{points}</ul>"

/// A table as a piece of HTML.
let table (table: TextTable) =
    let cell tag i words =
        elementWith
            tag
            (if table.IsRight[i] then
                 " style=\"text-align:right;white-space:nowrap\""
             else
                 // Jupyter would align words to the right.
                 " style=\"text-align:left\"")
            words

    let row tag (cells: string seq) =
        let cells = cells |> Seq.mapi (cell tag) |> String.concat ""
        $"<tr>{cells}</tr>"

    let body = table.Rows |> Seq.map (row "td") |> String.concat "\n"
    let head = row "th" table.Titles
    $"<div class=\"table\"><table><thead>{head}</thead>\n<tbody>{body}</tbody></table></div>"

/// A heading, its explanation, and what it is of.
let part (heading: string, words: string, content: string list) =
    String.concat "\n" (element "h2" heading :: (if words = "" then [] else [ about words ]) @ content)

/// Text as Markdown that is shown as it is.
let fence (language: string) (content: string) =
    // A fence must be longer than any run of backticks within.
    let ticks = String.replicate (max 3 (1 + (content.Split([| '`' |]) |> Array.length))) "`"
    $"{ticks}{language}\n{content.TrimEnd()}\n{ticks}"

/// What the command is called in a checkout.
let checkout = "In a checkout of Dsd, dsd stands for: dotnet run -c Release --project core/Dsd.Cli --."
