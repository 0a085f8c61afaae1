namespace Dsd.Charts.Tests

open Dsd
open Dsd.Charts
open Dsd.Plans
open Dsd.Records
open Dsd.Studies
open Dsd.Testing
open Xunit

/// What reports say about problems of the data.
type DataProblemTests() =

    let problem kind = DataProblem(kind, DataSplit.Test, "examples", 2L, [ "row 0 = row 0" ].ToValueList())

    let having (kinds: DataProblemKind list) (event: TrainingEvent) : TrainingEvent =
        match event with
        | :? TrainingEvent.RunStarted as s ->
            TrainingEvent.RunStarted(
                s.Arm,
                s.Schedule,
                s.Model,
                s.Shape,
                s.Data,
                s.StepsPerEpoch,
                s.TaskSettings,
                s.Optimizer,
                s.GradientClip,
                s.Seed,
                s.Device,
                s.Threads,
                s.Platform,
                s.Version,
                s.Time,
                s.Computation,
                [ for kind in kinds -> problem kind ].ToValueList()
            )
        | other -> other

    let values kinds =
        let record (events: TrainingEvent list) = events |> List.map (having kinds) |> RunRecord.Fold
        let run = record (Run.lenet "dsd" Run.dsd).Events
        let plan = StudyPlan.Resolve(Trials.one 1, Trials.source)
        let shape = ModelShape.Empty.Linear("fc1", 8, 6).Linear("fc2", 6, 4)

        let results =
            StudyResults.Of(
                plan,
                true,
                [ for trial in plan.Trials ->
                      let name = trial.Treatment.Name
                      let case = PlanCase(trial.Schedule, shape, 10)
                      let config = trial.Treatment.Config
                      let events = Run.events name config.Network config.Data case 1 false
                      TrialResult(trial, record events, null) ]
            )

        run, Run.alone run, results

    let reports kinds =
        let _, comparison, results = values kinds

        [ Report.Html(comparison, null)
          Report.Markdown(comparison, null)
          StudyReport.Html results
          StudyReport.Markdown results ]

    let leftOut = "Examples left out are part of no measurement."
    let inTwo = "Examples in two splits are part of the measurements, which they bias."
    let missing = "What is missing from a split is neither trained on nor measured there."

    [<Fact>]
    member _.``reports say of each kind of problem how it affects the measurements, and of no other``() =
        for kinds, expected, others in
            [ [ DataProblemKind.LeftOut ], leftOut, [ inTwo; missing ]
              [ DataProblemKind.InTwoParts ], inTwo, [ leftOut; missing ]
              [ DataProblemKind.Missing ], missing, [ leftOut; inTwo ]
              [ DataProblemKind.Missing; DataProblemKind.LeftOut; DataProblemKind.InTwoParts ],
              $"{leftOut} {inTwo} {missing}",
              [] ] do
            for report in reports kinds do
                Assert.Contains(expected, report)
                Assert.All(others, fun other -> Assert.DoesNotContain(other, report))

    [<Fact>]
    member _.``displays of a run, a comparison and a study state the problems, once and only if there are any``() =
        let displays kinds =
            let run, comparison, results = values kinds
            let shown: obj list = [ run; comparison; results ]
            [ for value in shown -> $"{Display.Html value}" ]

        for display in displays [ DataProblemKind.InTwoParts ] do
            Assert.Equal(2, display.Split("In two splits, test: examples").Length)

        for display in displays [] do
            Assert.DoesNotContain("In two splits", display)

    [<Fact>]
    member _.``a Markdown report states the problems in their section alone, and is what the comparison says without any``
        ()
        =
        let _, comparison, _ = values [ DataProblemKind.InTwoParts ]
        Assert.Contains("In two splits, test", comparison.Describe())
        Assert.DoesNotContain("In two splits, test", Report.Markdown(comparison, null))

        let _, comparison, _ = values []
        Assert.Contains(comparison.Describe(), Report.Markdown(comparison, null))
