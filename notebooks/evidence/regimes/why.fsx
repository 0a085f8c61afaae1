// Trains seeds of a study of regimes with a mask and without, from one first phase, and measures the networks at the ends of phases:
// which wrong labels they still know, how sure and how sharp they are, and where their weights went. It writes why.csv, a line for each
// seed, arm and phase, and weights.csv, the distribution of the weights of fc1 of one seed. Seeds that are there stay, so that it goes
// on where it was stopped. On one thread, about a minute a seed; the test split is not read. why-pictures.fsx draws it.
// The arm "shared" is the first phase, before and after; "pruned" is the moment after pruning, before the sparse phase's first step.
//   dotnet fsi notebooks/evidence/regimes/why.fsx                        the first two seeds of noise-20 and clean
//   dotnet fsi notebooks/evidence/regimes/why.fsx --seeds 16 noise-20    sixteen of one
//   dotnet fsi notebooks/evidence/regimes/why.fsx --check                compares sharpness with numerical Hessians, and calibration by hand
#load "../../../scripts/dsd.fsx"
#load "sharpness.fsx"
#load "measures.fsx"
#load "arms.fsx"

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open Dsd.Studies
open TorchSharp

let here = __SOURCE_DIRECTORY__

let rec read seeds names =
    function
    | [] -> seeds, List.rev names
    | "--check" :: rest -> read 0 names rest
    | "--seeds" :: count :: rest -> read (int count) names rest
    | name :: rest -> read seeds (name :: names) rest

let seeds, names = fsi.CommandLineArgs |> List.ofArray |> List.tail |> read 2 []

/// The measures of a network, as text: what is not a number is left empty.
let cells values =
    values
    |> List.map (fun (value: float) ->
        if Double.IsNaN value then
            ""
        else
            value.ToString("G6", CultureInfo.InvariantCulture))
    |> String.concat ","

/// The regime and the seed of a line.
let place (line: string) =
    let cells = line.Split ','
    cells[0], int64 cells[1]

/// The lines of a file after its title.
let load file =
    if File.Exists file then
        File.ReadAllLines file |> List.ofArray |> List.tail
    else
        []

/// Writes the lines of a seed into a file, which is written as a whole, with what others have written meanwhile.
let add file title (lines: string list) =
    let others = load file |> List.filter (fun line -> place line <> place lines.Head)
    let whole = $"{file}.{Environment.ProcessId}"
    File.WriteAllText(whole, String.concat "\n" (title :: List.sortBy place (lines @ others)) + "\n")
    File.Move(whole, file, true)

torch.set_num_threads 1

if seeds = 0 then
    Sharpness.check ()
    Measures.check ()

let measures, weights = Path.Combine(here, "why.csv"), Path.Combine(here, "weights.csv")

/// The lines of histograms: exact zeros, the bins, and what is in none.
let table regime seed (histograms: IReadOnlyDictionary<string, int64[]>) =
    [ for place in 0 .. Measures.bins + 1 do
          let counts = [ for moment in Arms.moments -> string histograms[moment].[place] ] |> String.concat ","

          let edge nth =
              Math
                  .Round(Measures.reach * (2.0 * float nth / float Measures.bins - 1.0), 9)
                  .ToString("R", CultureInfo.InvariantCulture)

          let bin =
              if place = 0 then "0,0"
              elif place > Measures.bins then ","
              else $"{edge (place - 1)},{edge place}"

          $"{regime},{seed},{bin},{counts}" ]

for name in (if names.IsEmpty then [ "noise-20"; "clean" ] else names) do
    let study = Study.FromJson(File.ReadAllText(Path.Combine(here, "studies", name + ".json")))

    for seed in Seq.truncate seeds study.Seeds do
        if load measures |> List.forall (fun line -> place line <> (name, seed)) then
            let clock = Diagnostics.Stopwatch.StartNew()
            let rows, histograms = Arms.train study seed

            if seed = study.Seeds[0] then
                let title = [ "regime"; "seed"; "from"; "to" ] @ Arms.moments |> String.concat ","
                add weights title (table name seed histograms)

            let title = [ "regime"; "seed"; "arm"; "phase" ] @ Arms.columns |> String.concat ","
            add measures title [ for arm, phase, values in rows -> $"{name},{seed},{arm},{phase},{cells values}" ]
            printfn $"{name}, seed {seed}: %.0f{clock.Elapsed.TotalSeconds} s"
