namespace Dsd.Charts

open System
open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Studies
open Dsd.Training

/// <summary>The charts of the library, each a function of plain data.</summary>
/// <remarks>
/// Charts take the width of the page and the colour of the surrounding text, so that they are legible on light and dark
/// pages. The same data give the same figure, also if a record was read back from its file.
/// </remarks>
[<AbstractClass; Sealed>]
type Draw =

    /// <summary>Draws a schedule over time: phases as bands, the sparsity and the learning rate.</summary>
    /// <param name="schedule">The schedule. Time is in the schedule's own unit; if it mixes epochs and steps, phases are drawn equally wide.</param>
    static member Timeline(schedule: Schedule) = Timeline.ofSchedule schedule

    /// <summary>Draws a plan over time, in steps: as a schedule, with the total sparsity and the mask updates of ramps.</summary>
    /// <param name="plan">The plan.</param>
    static member Timeline(plan: Plan) = Timeline.ofPlan plan

    /// <summary>Draws the fraction of each layer's weights that a plan keeps at the end of each distinct sparse phase.</summary>
    /// <param name="plan">The plan. The first four distinct sparse phases are drawn.</param>
    static member Layers(plan: Plan) = Layers.ofPlan plan

    /// <summary>Draws the training loss (sampled, and smoothed within each phase) and the main metric on validation over epochs, with phase bands.</summary>
    /// <param name="run">A run, complete or not.</param>
    static member LearningCurves(run: RunRecord) = Curves.ofRuns [ run ]

    /// <summary>Draws the learning curves of all arms in one chart.</summary>
    /// <param name="comparison">The arms.</param>
    static member LearningCurves(comparison: Comparison) = Curves.ofRuns (List.ofSeq comparison.Runs)

    /// <summary>Draws the learning curves of a trainer's run or of all arms of a comparison below the cell of a notebook while they grow: <c>Observer.Notebook() + Draw.Live()</c>.</summary>
    /// <remarks>
    /// The chart is that of <c>LearningCurves</c>. It is drawn again at most every two seconds and every 1 % of the time so far, and at the end; it stays zoomed as it is. Of more than 800 samples or
    /// measurements of an arm every second one is left out, again and again. Outside a notebook nothing is drawn: <c>dsd watch</c> follows a run folder in a browser. Not for studies.
    /// </remarks>
    static member Live() = LiveCurves(None, LiveCurves.Cell, TimeProvider.System).Observer

    /// <summary>Draws growing learning curves as <c>Live()</c> does; of a run that continues, with the curves before it was stopped.</summary>
    /// <param name="folder">The folder of the run, which the trainer or comparison is given too.</param>
    static member Live(folder: RunFolder) =
        ArgumentNullException.ThrowIfNull folder
        LiveCurves(Some folder, LiveCurves.Cell, TimeProvider.System).Observer

    /// <summary>Draws the distribution of one layer's weights at the start and end of phases: Figure 2 of the paper, five panels per round.</summary>
    /// <param name="run">A run. Exact zeros are counted separately and drawn in another colour; high spikes are cut off. Of more than fifteen panels, the first five and the last ten are drawn.</param>
    /// <param name="parameter">The full name of a weight tensor, e.g. <c>fc1.weight</c>, or the name of its layer, e.g. <c>fc1</c>; if the record does not contain it, the chart lists those that it contains.</param>
    static member Weights(run: RunRecord, parameter: string) = Weights.ofLayer run parameter

    /// <summary>Draws the distribution of all layers' weights at the end of each of the last three phases, one curve per layer and phase.</summary>
    /// <param name="run">A run.</param>
    static member WeightsOfAllLayers(run: RunRecord) = Ridge.ofRun run

    /// <summary>Draws the fraction of each layer's weights that was masked at the end of each phase.</summary>
    /// <param name="run">A run.</param>
    static member Sparsity(run: RunRecord) = Layers.ofRun run

    /// <summary>Draws the fraction of each layer's weights that is masked over epochs, one panel per arm: what distinguishes methods at a glance.</summary>
    /// <param name="comparison">The arms. The first sixteen are drawn, and of more than eight layers the first seven and the last.</param>
    static member SparsityOverTime(comparison: Comparison) = Course.ofRuns (List.ofSeq comparison.Runs)

    /// <summary>Draws mask churn: the weights that each mask update pruned and regrew, as a fraction of the pruned layers' weights.</summary>
    /// <param name="run">A run.</param>
    static member MaskChanges(run: RunRecord) = Churn.ofRun run

    /// <summary>Draws the main metric of each arm of a comparison: on validation at the end of each phase, and on test.</summary>
    /// <param name="comparison">The arms.</param>
    static member Arms(comparison: Comparison) = Arms.ofComparison comparison

    /// <summary>Draws the differences of a study on its evaluation split, one row per difference: one dot per seed, with mean and 95 % interval (Student's t).</summary>
    /// <param name="results">The results, complete or not. The first 200 seeds have dots; the mean is over all seeds.</param>
    static member PairedDifferences(results: StudyResults) = Contrasts.ofResults results

    /// <summary>Draws the differences of a study over its variants, one panel per reference arm: mean and 95 % interval (Student's t).</summary>
    /// <param name="results">The results, complete or not. If the variants' names share their words and end in numbers, the numbers form the axis.</param>
    static member Effects(results: StudyResults) = Effects.ofResults results

    /// <summary>Draws the main metric on validation over epochs, one panel per group: each arm's mean over its seeds, with a band of ± one standard error.</summary>
    /// <param name="results">The results; only completed trials count. The first four groups are drawn; the scale covers training after its first quarter.</param>
    static member StudyCurves(results: StudyResults) = StudyCurves.ofResults results
