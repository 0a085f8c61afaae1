namespace Dsd.Charts.Tests

open System
open System.IO
open Dsd
open Dsd.Charts
open Dsd.Tests.Shared
open Xunit

type ChromiumTests() =

    let refused (act: unit -> string) = Assert.Throws<DsdException>(fun () -> act () |> ignore).Message

    /// A program that stands in for a browser.
    let program (folder: TempFolder) (lines: string) =
        let path = folder["browser"]
        File.WriteAllText(path, "#!/bin/sh\n" + lines + "\n")

        if not (OperatingSystem.IsWindows()) then
            File.SetUnixFileMode(path, UnixFileMode.UserRead ||| UnixFileMode.UserWrite ||| UnixFileMode.UserExecute)

        path

    [<Fact>]
    member _.``the browser that is named comes before those on the path, and must be there``() =
        use folder = new TempFolder()
        let named = program folder ""
        Assert.Equal(named, Chromium.find named (Environment.GetEnvironmentVariable "PATH"))
        let message = refused (fun () -> Chromium.find folder["none"] null)
        Assert.Contains("DSD_BROWSER names", message)
        Assert.Contains("apt install chromium", message)

    [<SkippableTheory>]
    [<InlineData(null)>]
    [<InlineData("")>]
    member _.``without a browser the message says how to get one, and what goes without``(path: string) =
        Skip.IfNot(OperatingSystem.IsLinux(), "Elsewhere browsers lie in usual places.")
        let message = refused (fun () -> Chromium.find null path)

        for words in [ "none was found on PATH"; "Install Chromium"; "DSD_BROWSER"; ".html"; "camera button" ] do
            Assert.Contains(words, message)

    [<SkippableFact>]
    member _.``a browser is found on the path, but not in the working folder``() =
        Skip.IfNot(OperatingSystem.IsLinux(), "Names are those of Linux.")
        use folder = new TempFolder()
        File.Move(program folder "", folder["chromium"])
        Assert.Equal(folder["chromium"], Chromium.find "" $"{folder.Root}:/usr/nowhere")

        Assert.Contains(
            "none was found",
            refused (fun () -> Chromium.find "" $".:{Path.GetRelativePath(Environment.CurrentDirectory, folder.Root)}")
        )

    [<SkippableTheory>]
    [<InlineData("echo no display >&2; exit 3", "ended with code 3 and said 'no display'")>]
    [<InlineData("sleep 60", "did not draw within 2 seconds")>]
    member _.``a browser that fails or hangs is reported``(lines: string, expected: string) =
        Skip.If(OperatingSystem.IsWindows(), "The stand-in is a shell script.")
        use folder = new TempFolder()
        let browser = program folder lines
        let message = refused (fun () -> Chromium.elements browser (TimeSpan.FromSeconds 2.0) "<p>a</p>")
        Assert.Contains(browser, message)
        Assert.Contains(expected, message)

    [<SkippableFact>]
    member _.``a program that cannot be started is reported``() =
        Skip.If(OperatingSystem.IsWindows(), "The stand-in is a shell script.")
        use folder = new TempFolder()
        File.WriteAllText(folder["text"], "no program")

        Assert.Contains(
            "cannot be started",
            refused (fun () -> Chromium.elements folder["text"] (TimeSpan.FromSeconds 2.0) "")
        )
