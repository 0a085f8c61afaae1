namespace Dsd.FSharp

open System
open System.Reflection
open Dsd.Charts
open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Studies

/// <summary>Printing of the library's values in <c>dotnet fsi</c>.</summary>
[<RequireQualifiedAccess>]
module Interactive =

    let private add<'T> (session: obj) =
        let print (value: 'T) = string (box value)

        match session.GetType().GetMethod "AddPrinter" with
        | null -> ()
        | printer -> printer.MakeGenericMethod(typeof<'T>).Invoke(session, [| box print |]) |> ignore

    /// <summary>Makes <c>dotnet fsi</c> print schedules, plans, runs, comparisons, studies and pictures as plain text.</summary>
    /// <remarks><c>#load "dsd.fsx"</c> and <c>#r "nuget: Dsd.FSharp"</c> call it. Outside <c>dotnet fsi</c> it does nothing.</remarks>
    let printTexts () =
        let session =
            AppDomain.CurrentDomain.GetAssemblies()
            |> Seq.tryFind (fun a -> a.GetName().Name = "FSharp.Compiler.Interactive.Settings")
            |> Option.bind (fun a -> a.GetType "FSharp.Compiler.Interactive.Settings" |> Option.ofObj)
            |> Option.bind (fun t -> t.GetProperty("fsi", BindingFlags.Public ||| BindingFlags.Static) |> Option.ofObj)
            |> Option.bind (fun p -> p.GetValue null |> Option.ofObj)

        match session with
        | None -> ()
        | Some session ->
            add<Schedule> session
            add<Plan> session
            add<RunRecord> session
            add<Comparison> session
            add<Study> session
            add<StudyPlan> session
            add<StudyResults> session
            add<Picture> session
