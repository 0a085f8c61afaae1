namespace Dsd.FSharp.Tests

open System
open Dsd.FSharp
open Dsd.Schedules
open Dsd.Testing
open Xunit
open FsCheck
open FsCheck.FSharp
open FsCheck.Xunit

/// A small language of what may stand in an expression.
type Program =
    | Line of Phase
    | Nothing
    | Sequence of Program list
    | Loop of times: int * body: Program
    | Either of condition: bool * yes: Program * no: Program
    | When of condition: bool * body: Program
    | Inline of Phase list
    | Whole of Phase list

module Program =

    /// What the language means: a plain list.
    let rec phases program =
        match program with
        | Line phase -> [ phase ]
        | Nothing -> []
        | Sequence parts -> List.collect phases parts
        | Loop(times, body) -> List.collect (fun _ -> phases body) [ 1..times ]
        | Either(condition, yes, no) -> phases (if condition then yes else no)
        | When(condition, body) -> if condition then phases body else []
        | Inline list
        | Whole list -> list

    /// The same, said in expressions that hold each other.
    let rec express program : Schedule =
        match program with
        | Line phase -> dsd { phase }
        | Nothing -> dsd { () }
        | Sequence [ a ] -> dsd { yield! tryExpress a }
        | Sequence [ a; b ] -> dsd {
            yield! tryExpress a
            yield! tryExpress b
          }
        | Sequence parts -> dsd {
            for part in parts do
                yield! tryExpress part
          }
        | Loop(times, Line phase) -> dsd {
            for _ in 1..times do
                phase
          }
        | Loop(times, Sequence [ Line first; second ]) -> dsd {
            for _ in 1..times do
                first
                yield! tryExpress second
          }
        | Loop(times, body) -> dsd {
            for _ in 1..times do
                let phases = tryExpress body
                yield! phases
          }
        | Either(condition, Line yes, Line no) -> dsd { if condition then yes else no }
        | Either(condition, yes, no) -> dsd { if condition then yield! tryExpress yes else yield! tryExpress no }
        | When(condition, Line phase) -> dsd {
            if condition then
                phase
          }
        | When(condition, body) -> dsd {
            if condition then
                yield! tryExpress body
          }
        | Inline list -> dsd { yield! list }
        | Whole list -> dsd { yield! Schedule.ofPhases list }

    /// A part may be empty where the whole is not; an empty schedule cannot be.
    and tryExpress program : Phase list =
        if List.isEmpty (phases program) then
            []
        else
            List.ofSeq (express program).Phases

    /// The same, in the calls that the compiler makes of an expression.
    let rec call program : unit -> Phase list =
        match program with
        | Line phase -> dsd.Delay(fun () -> dsd.Yield phase)
        | Nothing -> dsd.Delay(fun () -> dsd.Zero())
        | Sequence parts ->
            let combine first rest = dsd.Delay(fun () -> dsd.Combine(call first (), rest))
            List.foldBack combine parts (dsd.Delay dsd.Zero)
        | Loop(times, body) -> dsd.Delay(fun () -> dsd.For(seq { 1..times }, fun _ -> call body ()))
        | Either(condition, yes, no) -> dsd.Delay(fun () -> if condition then call yes () else call no ())
        | When(condition, body) -> dsd.Delay(fun () -> if condition then call body () else dsd.Zero())
        | Inline list -> dsd.Delay(fun () -> dsd.YieldFrom list)
        | Whole list -> dsd.Delay(fun () -> dsd.YieldFrom(Schedule.ofPhases list))

    /// The program with the names taken from its phases.
    let rec nameless program =
        let unnamed (phase: Phase) = Phase(null, phase.Duration, phase.Rate, phase.Sparsity, phase.Mask, phase.Layers)

        match program with
        | Line phase -> Line(unnamed phase)
        | Nothing -> Nothing
        | Sequence parts -> Sequence(List.map nameless parts)
        | Loop(times, body) -> Loop(times, nameless body)
        | Either(condition, yes, no) -> Either(condition, nameless yes, nameless no)
        | When(condition, body) -> When(condition, nameless body)
        | Inline list -> Inline(List.map unnamed list)
        | Whole list -> Whole(List.map unnamed list)

    /// Programs whose phases have names, for a part that is an expression of its own names the nameless by its own places.
    let generator =
        let phase = Generators.Phases().Generator
        let some = Gen.choose (1, 3) |> Gen.bind (fun count -> Gen.listOfLength count phase)

        let rec sized size =
            if size = 0 then
                Gen.frequency
                    [ 5, Gen.map Line phase; 1, Gen.constant Nothing; 1, Gen.map Inline some; 1, Gen.map Whole some ]
            else
                let part = sized (size / 2)

                Gen.frequency
                    [ 1, sized 0
                      3, Gen.choose (0, 3) |> Gen.bind (fun n -> Gen.listOfLength n part) |> Gen.map Sequence
                      2, Gen.map2 (fun n body -> Loop(n, body)) (Gen.choose (0, 3)) part
                      2, Gen.map3 (fun c yes no -> Either(c, yes, no)) (Gen.elements [ true; false ]) part part
                      1, Gen.map2 (fun c body -> When(c, body)) (Gen.elements [ true; false ]) part ]

        Gen.sized (fun size -> sized (min size 20))

    let rec shrink program = seq {
        match program with
        | Sequence parts ->
            yield! parts

            for i in 0 .. parts.Length - 1 do
                Sequence(List.removeAt i parts)
        | Loop(times, body) ->
            body

            if times > 1 then
                Loop(times - 1, body)
        | Either(_, yes, no) ->
            yes
            no
        | When(_, body) -> body
        | _ -> ()
    }

type Programs =
    static member Program() = Arb.fromGenShrink (Program.generator, Program.shrink)

type ExpressionTests() =

    let first = dense (epochs 6) (cosine 0.05 0.005)
    let second = sparse (epochs 3) (constant 0.005) 0.3
    let third = dense (steps 500) (constant 0.0005)
    let names (schedule: Schedule) = [ for phase in schedule.Phases -> phase.Name ]

    [<Property(Arbitrary = [| typeof<Programs> |])>]
    member _.``an expression is the schedule of the phases it lists, whatever holds what``(program: Program) =
        match Program.phases program with
        | [] -> Assert.Throws<ArgumentException>(fun () -> Program.express program |> ignore) |> ignore
        | phases -> Assert.Equal(Schedule.ofPhases phases, Program.express program)

    [<Property(Arbitrary = [| typeof<Programs> |])>]
    member _.``the phases of an expression are named by their places in the whole``(program: Program) =
        let program = Program.nameless program

        match Program.phases program with
        | [] -> Assert.Throws<ArgumentException>(fun () -> dsd.Run(Program.call program) |> ignore) |> ignore
        | phases -> Assert.Equal(Schedule.ofPhases phases, dsd.Run(Program.call program))

    [<Fact>]
    member _.``lines are phases, in order``() =
        let written = dsd {
            first
            second
            third
        }

        Assert.Equal(Schedule.ofPhases [ first; second; third ], written)
        Assert.Equal(Schedule.Start().Then(first).Then(second).Then(third).Build(), written)

    [<Fact>]
    member _.``a loop says its phases every round, with the round's own values``() =
        let cyclic = dsd {
            dense (epochs 1) (constant 0.1)

            for sparsity in [ 0.5; 0.25 ] do
                let rate = constant 0.01
                sparse (epochs 5) rate sparsity
                dense (epochs 5) rate
        }

        let round sparsity = [ sparse (epochs 5) (constant 0.01) sparsity; dense (epochs 5) (constant 0.01) ]

        Assert.Equal(Schedule.ofPhases (dense (epochs 1) (constant 0.1) :: round 0.5 @ round 0.25), cyclic)

        Assert.Equal<string list>([ "dense"; "sparse"; "redense"; "sparse 2"; "redense 2" ], names cyclic)

    [<Theory>]
    [<InlineData(true)>]
    [<InlineData(false)>]
    member _.``conditions choose phases, and their lines go on afterwards``(long: bool) =
        let written = dsd {
            first

            if long then
                second
                third
            else
                third

            if not long then
                second

            third
        }

        let expected =
            if long then
                [ first; second; third; third ]
            else
                [ first; third; second; third ]

        Assert.Equal(Schedule.ofPhases expected, written)

    [<Fact>]
    member _.``yield! takes a list, an array, a sequence and a whole schedule``() =
        let inner = Schedule.ofPhases [ second; third ]

        let written = dsd {
            first
            yield! [ second; third ]
            yield! [| second; third |]
            yield! Seq.replicate 2 third
            yield! inner
            yield! dsd { second }
        }

        Assert.Equal(
            Schedule.ofPhases [ first; second; third; second; third; third; third; second; third; second ],
            written
        )

    [<Property(Arbitrary = [| typeof<Programs> |])>]
    member _.``a loop, Repeat, Then and yield! of a schedule name phases alike``(program: Program, times: byte) =
        let given = Program.phases program

        for phases in [ given; Program.phases (Program.nameless program) ] do
            if not phases.IsEmpty then
                let times = int times % 4 + 1
                let schedule = Schedule.ofPhases phases

                let loop = dsd {
                    for _ in 1..times do
                        yield! phases
                }

                let whole = dsd {
                    for _ in 1..times do
                        yield! schedule
                }

                Assert.Equal<string list>(names loop, names (schedule.Repeat times))
                Assert.Equal(loop, schedule.Repeat times)
                Assert.Equal(loop, whole)

                let chain =
                    Seq.replicate (times - 1) schedule |> Seq.fold (fun (all: Schedule) next -> all.Then next) schedule

                Assert.Equal(loop, chain)

    [<Fact>]
    member _.``a round that is repeated is named by its places``() =
        let round = dsd {
            first
            second
            third
        }

        Assert.Equal<string list>(
            [ "dense"; "sparse"; "redense"; "redense 2"; "sparse 2"; "redense 3" ],
            names (round.Repeat 2)
        )

    [<Fact>]
    member _.``phases without a name are called after their places``() =
        let schedule = dsd {
            first
            second
            third
            third
            named "last" second
            second |> keep "fc3"
        }

        Assert.Equal<string list>([ "dense"; "sparse"; "redense"; "redense 2"; "last"; "sparse 2" ], names schedule)

    [<Fact>]
    member _.``a phase keeps no name from the schedule it was used in``() =
        Assert.Equal<string list>([ "sparse" ], names (dsd { second }))
        Assert.Equal<string list>([ "dense"; "sparse" ], names (Schedule.ofPhases [ first; second ]))
        Assert.Equal("", second.Name)

    [<Fact>]
    member _.``an expression without phases says that a schedule needs one``() =
        let empty: (unit -> Schedule) list =
            [ fun () -> dsd { () }
              fun () -> dsd { }
              fun () -> dsd { yield! List.empty<Phase> }
              fun () -> dsd {
                  for _ in 1..0 do
                      first
              }
              fun () -> Schedule.ofPhases [] ]

        for make in empty do
            let error = Assert.Throws<ArgumentException>(fun () -> make () |> ignore)
            Assert.StartsWith("A schedule needs at least one phase.", error.Message)
