// Draws a study from its folder: the differences of all seeds, or for a sweep the effect by variant.
//   dotnet fsi notebooks/evidence/pictures.fsx runs/evidence/NAME
#load "../../scripts/dsd.fsx"

open System
open System.IO
open Dsd.Charts
open Dsd.Data
open Dsd.Studies

let folder = StudyFolder.Open(Array.last (Environment.GetCommandLineArgs()))
let results = StudyResults.Read(StudyPlan.Resolve(folder.Study, CatalogTrials()), folder)

let picture =
    if results.Plan.Groups.Count > 1 then
        Draw.Effects results
    else
        Draw.PairedDifferences results

printfn "%s" (picture.Save(Path.Combine(folder.Path, "pictures", "differences.html")))
