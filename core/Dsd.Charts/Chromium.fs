/// An installed Chromium, Chrome or Edge, which draws pages without a window.
module internal Dsd.Charts.Chromium

open System
open System.ComponentModel
open System.Diagnostics
open System.IO
open System.Text
open System.Threading
open Dsd

/// The environment variable that names a browser.
[<Literal>]
let Variable = "DSD_BROWSER"

let private fix =
    $"Install Chromium (Debian and Ubuntu: apt install chromium), Chrome or Edge, or name its program in the environment variable {Variable}; or save as .html, open the page and use its camera button."

let private names =
    if OperatingSystem.IsWindows() then
        [ "chrome.exe"; "chromium.exe"; "msedge.exe" ]
    else
        // Where there are several, Chromium may be a snap, which cannot read the folder of the page.
        [ "google-chrome"; "google-chrome-stable"; "microsoft-edge"; "chromium"; "chromium-browser" ]

/// Where the browsers' own installers put them.
let private places =
    if OperatingSystem.IsWindows() then
        [ for program in
              [ @"Google\Chrome\Application\chrome.exe"
                @"Chromium\Application\chrome.exe"
                @"Microsoft\Edge\Application\msedge.exe" ] do
              for folder in
                  [ Environment.SpecialFolder.ProgramFiles
                    Environment.SpecialFolder.ProgramFilesX86
                    Environment.SpecialFolder.LocalApplicationData ] do
                  Path.Combine(Environment.GetFolderPath folder, program) ]
    elif OperatingSystem.IsMacOS() then
        [ for name in [ "Google Chrome"; "Chromium"; "Microsoft Edge" ] ->
              $"/Applications/{name}.app/Contents/MacOS/{name}" ]
    else
        []

/// <summary>Finds a browser: the one that is named, else one on a search path, else one in a usual place.</summary>
/// <param name="named">The program that the environment variable names; null or empty for none.</param>
/// <param name="path">The folders to search, as in PATH; relative ones are left out, since they would mean the working folder.</param>
let find (named: string | null) (path: string | null) =
    match named with
    | null
    | "" ->
        let folders =
            (path |> Option.ofObj |> Option.defaultValue "").Split Path.PathSeparator
            |> Array.filter Path.IsPathFullyQualified

        [ for name in names do
              for folder in folders do
                  Path.Combine(folder, name)
          yield! places ]
        |> List.tryFind File.Exists
        |> Option.defaultWith (fun () ->
            raise (
                DsdException
                    $"SVG and PNG pictures are drawn by a browser, and none was found on PATH or in the usual places. {fix}"
            ))
    | named when File.Exists named -> Path.GetFullPath named
    | named -> raise (DsdException $"{Variable} names '{named}', and there is no such file. {fix}")

/// The browser of this machine.
let installed () = find (Environment.GetEnvironmentVariable Variable) (Environment.GetEnvironmentVariable "PATH")

let private options (folder: string) (page: string) =
    [ "--headless"
      // Chromium refuses to run as root in its sandbox. The page is our own and asks for nothing.
      if Environment.IsPrivilegedProcess && not (OperatingSystem.IsWindows()) then
          "--no-sandbox"
      "--disable-gpu"
      "--disable-quic"
      "--disable-extensions"
      "--disable-background-networking"
      "--disable-component-update"
      "--disable-sync"
      "--hide-scrollbars"
      "--no-first-run"
      $"""--user-data-dir={Path.Combine(folder, "profile")}"""
      "--virtual-time-budget=60000"
      "--dump-dom"
      Uri(page).AbsoluteUri ]

/// Deletes a folder in which a process of the browser that is still ending may hold a file for a moment.
let rec private remove (tries: int) (folder: string) =
    try
        Directory.Delete(folder, recursive = true)
    with
    | :? IOException
    | :? UnauthorizedAccessException ->
        if tries > 1 then
            Thread.Sleep 100
            remove (tries - 1) folder

/// <summary>Gives a page's elements once its scripts have run.</summary>
/// <param name="browser">The browser's program.</param>
/// <param name="limit">The time that it has.</param>
/// <param name="html">The page.</param>
let elements (browser: string) (limit: TimeSpan) (html: string) =
    let folder = Directory.CreateTempSubdirectory("dsd-").FullName

    try
        let page = Path.Combine(folder, "page.html")
        File.WriteAllText(page, html)

        let start =
            ProcessStartInfo(
                browser,
                options folder page,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = Encoding.UTF8,
                StandardErrorEncoding = Encoding.UTF8
            )

        use ran =
            try
                nonNull (Process.Start start)
            with :? Win32Exception as e ->
                raise (DsdException($"The browser {browser} cannot be started: {e.Message}. {fix}", e))

        ran.StandardInput.Close()
        let output, error = ran.StandardOutput.ReadToEndAsync(), ran.StandardError.ReadToEndAsync()

        if not (ran.WaitForExit limit) then
            ran.Kill(entireProcessTree = true)
            ran.WaitForExit()
            raise (DsdException $"The browser {browser} did not draw within {limit.TotalSeconds:F0} seconds. {fix}")

        if ran.ExitCode <> 0 then
            let said =
                error.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries ||| StringSplitOptions.TrimEntries)
                |> Array.tryLast
                |> Option.defaultValue "nothing"

            raise (DsdException $"The browser {browser} ended with code {ran.ExitCode} and said '{said}'. {fix}")

        output.Result
    finally
        remove 30 folder
