// Draws the differences of all seeds of each study of the evidence, or for a sweep the effect by variant, from its committed trials.csv.
//   dotnet fsi notebooks/evidence/pictures.fsx             all: NAME/differences.png of each, whose paths are printed
//   dotnet fsi notebooks/evidence/pictures.fsx NAME...     those that are named
#load "../../scripts/dsd.fsx"

open System
open System.IO
open Dsd.Charts
open Dsd.Data
open Dsd.Studies

let named = fsi.CommandLineArgs |> Array.skip 1
let studies = Directory.GetFiles(Path.Combine(__SOURCE_DIRECTORY__, "studies"), "*.json") |> Array.sort

for file in studies do
    let name = Path.GetFileNameWithoutExtension file

    if named.Length = 0 || Array.contains name named then
        let plan = StudyPlan.Resolve(Study.FromJson(File.ReadAllText file), CatalogTrials())
        let csv = File.ReadAllText(Path.Combine(__SOURCE_DIRECTORY__, name, "trials.csv"))
        let results = StudyResults.FromCsv(plan, csv)

        let picture =
            if plan.Groups.Count > 1 then
                Draw.Effects results
            else
                Draw.PairedDifferences results

        printfn "%s" (picture.Save(Path.Combine(__SOURCE_DIRECTORY__, name, "differences.png"), 760))
