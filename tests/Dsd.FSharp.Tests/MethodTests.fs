namespace Dsd.FSharp.Tests

open Dsd.FSharp
open Dsd.Schedules
open Dsd.Tests.Shared
open Xunit

/// Published methods as F# calls them: the functions of the core, with named arguments.
module internal Calls =

    let length = epochs 12
    let rate = cosine 0.02 0

    let defaults =
        Map
            [ "ac-dc", Methods.AcDc(length, rate)
              "dsd", Methods.Dsd(length, 0.02)
              "dsdsd", Methods.Dsdsd(length, 0.02)
              "gradual", Methods.Gradual(length, rate)
              "lottery-ticket", Methods.LotteryTicket(length, rate)
              "lr-rewinding", Methods.LearningRateRewinding(length, rate)
              "movement", Methods.MovementPruning(length, rate)
              "n-of-m", Methods.NOfM(length, rate)
              "one-shot", Methods.OneShot(length, rate)
              "random", Methods.StaticRandom(length, rate)
              "rigl", Methods.Rigl(length, rate)
              "same-rates", Methods.SameRates(length, 0.02)
              "set", Methods.SparseEvolution(length, rate)
              "snip", Methods.Snip(length, rate)
              "sr-ste", Methods.SrSte(length, rate)
              "surgery", Methods.NetworkSurgery(length, rate)
              "top-kast", Methods.TopKast(length, rate) ]

    /// One value of each parameter, by the names that a call has.
    let named =
        let half = SparsityDistribution.Erk.WithPower 0.5
        let scope = LayerScope.Default.Keep("fc2").Set("fc1", 0.5)

        [ ("ac-dc", "cycle"), Methods.AcDc(length, rate, cycle = 0.075)
          ("ac-dc", "last"), Methods.AcDc(length, rate, last = 0.1)
          ("ac-dc", "pattern"), Methods.AcDc(length, rate, pattern = MaskPattern.NOfM(2, 4))
          ("dsd", "sparsity"), Methods.Dsd(length, 0.02, sparsity = 0.8)
          ("dsdsd", "secondSparsity"), Methods.Dsdsd(length, 0.02, secondSparsity = 0.15)
          ("gradual", "dense"), Methods.Gradual(length, rate, dense = 0.2)
          ("gradual", "until"), Methods.Gradual(length, rate, until = 0.6)
          ("lottery-ticket", "rounds"), Methods.LotteryTicket(length, rate, rounds = 3)
          ("lr-rewinding", "rewindTo"), Methods.LearningRateRewinding(length, rate, rewindTo = 0.1)
          ("movement", "interval"), Methods.MovementPruning(length, rate, interval = steps 50)
          ("n-of-m", "keep"), Methods.NOfM(length, rate, keep = 1)
          ("n-of-m", "of"), Methods.NOfM(length, rate, ``of`` = 8)
          ("one-shot", "criterion"), Methods.OneShot(length, rate, criterion = atRandomByRun)
          ("random", "distribution"), Methods.StaticRandom(length, rate, distribution = half)
          ("rigl", "annealing"), Methods.Rigl(length, rate, annealing = Annealing.Linear)
          ("rigl", "fraction"), Methods.Rigl(length, rate, fraction = 0.2)
          ("set", "interval"), Methods.SparseEvolution(length, rate, interval = steps 50)
          ("snip", "layers"), Methods.Snip(length, rate, layers = scope)
          ("sr-ste", "decay"), Methods.SrSte(length, rate, decay = 0.001)
          ("surgery", "deviations"), Methods.NetworkSurgery(length, rate, deviations = 0.5)
          ("surgery", "margin"), Methods.NetworkSurgery(length, rate, margin = 0.25)
          ("top-kast", "backwardSparsity"), Methods.TopKast(length, rate, backwardSparsity = 0.5) ]

type MethodTests() =

    [<Fact>]
    member _.``every method is the same in F#, C# and JSON``() =
        Assert.Equal<string list>([ for m in Method.All -> m.Name ], [ for name in Calls.defaults.Keys -> name ])

        for name, schedule in Map.toSeq Calls.defaults do
            Assert.Equal(Method.Named(name).Create(MethodValues.Values(name, null)), schedule)
            Assert.Equal(Schedule.FromJson(MethodValues.Json(name, null)), schedule)

    [<Fact>]
    member _.``every parameter is the same in F#, C# and JSON``() =
        for (name, parameter), schedule in Calls.named do
            Assert.Equal(Method.Named(name).Create(MethodValues.Values(name, parameter)), schedule)
            Assert.Equal(Schedule.FromJson(MethodValues.Json(name, parameter)), schedule)

        // Each parameter is named in some call; lengths and rates are in all.
        Assert.Empty(
            set [ for struct (_, parameter) in MethodValues.All -> parameter ]
            - set [ for (_, parameter), _ in Calls.named -> parameter ]
            - set [ "duration"; "rate" ]
        )

    [<Fact>]
    member _.``a method is part of an expression``() =
        let rigl = Methods.Rigl(epochs 10, cosine 0.1 0.0, sparsity = 0.9)

        Assert.Equal(rigl, dsd { yield! rigl })

        let again = dsd {
            yield! Methods.Rigl(epochs 10, cosine 0.1 0.0, sparsity = 0.9)
            dense (epochs 2) (constant 0.001)
        }

        Assert.Equal<string list>([ "sparse"; "redense" ], [ for phase in again.Phases -> phase.Name ])
        Assert.Equal(rigl.Phases[0], again.Phases[0])
