namespace Dsd.Charts.Tests

open System
open System.IO
open System.Text.RegularExpressions
open Dsd
open Dsd.Charts
open Dsd.Tests.Shared
open Xunit

/// Pictures as SVG and PNG.
[<Trait("Tier", "slow")>]
type ExportTests() =

    let curves = Draw.LearningCurves Run.sound

    /// The rows of a PNG, unpacked.
    let pixels (png: byte[]) =
        let packed = new MemoryStream()
        let mutable at = 8

        while at < png.Length do
            let length = Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(png, at, 4))

            if Text.Encoding.ASCII.GetString(png, at + 4, 4) = "IDAT" then
                packed.Write(png, at + 8, length)

            at <- at + 12 + length

        packed.Position <- 0L
        use unpacked = new Compression.ZLibStream(packed, Compression.CompressionMode.Decompress)
        use rows = new MemoryStream()
        unpacked.CopyTo rows
        rows.ToArray()

    let refused (save: unit -> string) = Assert.Throws<DsdException>(fun () -> save () |> ignore).Message

    [<SkippableFact>]
    member _.``an SVG has heading and axes on white, without buttons, and is the same each time``() =
        Skip.If(isNull Browser.Path, Browser.Missing)
        use folder = new TempFolder()
        let path = folder["new", "curves.svg"]
        Assert.Equal(path, curves.Save path)
        let svg = File.ReadAllText path
        let height = int (Regex.Match(svg, "^<svg [^>]*width=\"960\" height=\"(\\d+)\"").Groups[1].Value)
        Assert.InRange(height, curves.Height + 30, curves.Height + 100)

        for words in [ curves.Title; curves.Subtitle.Split(' ')[0]; "training loss"; "epoch"; "fill=\"#ffffff\"" ] do
            Assert.Contains(words, svg)

        Assert.DoesNotContain("modebar", svg)
        Xml.Linq.XDocument.Parse svg |> ignore
        curves.Save(folder["again.svg"]) |> ignore
        Assert.Equal(svg, File.ReadAllText folder["again.svg"])
        Assert.Equal<string>([| "again.svg"; "new"; "new/curves.svg" |], folder.Entries())

    [<SkippableFact>]
    member _.``a PNG has twice as many pixels as asked for, and not all of one colour``() =
        Skip.If(isNull Browser.Path, Browser.Missing)
        use folder = new TempFolder()
        let png = File.ReadAllBytes(curves.Save(folder["curves.PNG"], 560))
        let number (at: int) = Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(png, at, 4))
        Assert.Equal<byte>([| 137uy; 80uy; 78uy; 71uy; 13uy; 10uy; 26uy; 10uy |], png[..7])
        Assert.Equal(1120, number 16)
        Assert.InRange(number 20, 2 * curves.Height, 2 * curves.Height + 400)

        // A row begins with the kind of its filter, and then holds differences: of one colour, hardly any but zeros.
        let rows = pixels png
        let values = Array.countBy id rows
        Assert.True(values.Length > 100, $"{values.Length} values")
        Assert.InRange(rows |> Seq.filter ((<>) 0uy) |> Seq.length, rows.Length / 100, rows.Length)

    [<SkippableFact>]
    member _.``all pictures of reports are saved by one call, under their titles``() =
        Skip.If(isNull Browser.Path, Browser.Missing)
        use folder = new TempFolder()
        let pictures = Report.Pictures Run.sound
        Assert.Equal(10, pictures.Count)
        let paths = Picture.SaveAll(pictures, folder["run"], "svg")
        Assert.Equal("02-learning-curves.svg", Path.GetFileName paths[1])

        for picture, path in Seq.zip pictures paths do
            Assert.StartsWith("<svg ", File.ReadAllText path)
            Assert.Contains(picture.Title.Replace("&", "&amp;").Replace("<", "&lt;"), File.ReadAllText path)

        Assert.Equal(3, (StudyReport.Pictures(Trials.sound (Trials.sweep 5 3))).Count)

    [<Fact>]
    member _.``pages are saved by one call without a browser``() =
        use folder = new TempFolder()
        let paths = Picture.SaveAll([ curves; curves ], folder.Root, "html")
        Assert.Equal<string>([| "01-learning-curves.html"; "02-learning-curves.html" |], folder.Entries())
        Assert.Contains(curves.Json, File.ReadAllText paths[1])

    [<Theory>]
    [<InlineData("curves.jpg", ".jpg")>]
    [<InlineData("deep/curves.PDF", ".pdf")>]
    member _.``other endings are refused with those that are allowed``(name: string, ending: string) =
        use folder = new TempFolder()
        let message = refused (fun () -> curves.Save folder[name])
        Assert.Contains($"not saved as {ending}", message)
        Assert.Contains(".svg, .png, .html or .htm", message)
        Assert.Empty(folder.Entries())

    [<Theory>]
    [<InlineData("curves")>]
    [<InlineData("curves.htm")>]
    member _.``a name without an ending is a page, and so is htm``(name: string) =
        use folder = new TempFolder()
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(curves.Save folder[name]))

    [<Theory>]
    [<InlineData(199)>]
    [<InlineData(4001)>]
    member _.``a width that no picture has is refused``(width: int) =
        use folder = new TempFolder()

        let refused =
            Assert.Throws<ArgumentOutOfRangeException>(fun () -> curves.Save(folder["curves.svg"], width) |> ignore)

        Assert.Contains("200 to 4000", refused.Message)

    [<SkippableFact>]
    member _.``a folder that cannot be made leaves no file``() =
        Skip.If(isNull Browser.Path, Browser.Missing)
        use folder = new TempFolder()
        File.WriteAllText(folder["file"], "")

        Assert.ThrowsAny<IOException>(fun () -> curves.Save(folder["file", "curves.svg"]) |> ignore)
        |> ignore

        Assert.ThrowsAny<IOException>(fun () -> curves.Save(Path.Combine("/proc", "curves.svg")) |> ignore)
        |> ignore

        Assert.Equal<string>([| "file" |], folder.Entries())
