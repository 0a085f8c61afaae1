namespace Dsd.Charts

open Dsd.Plans
open Dsd.Records
open Dsd.Schedules
open Dsd.Studies

/// <summary>Every chart of the library, each a function of plain data alone.</summary>
/// <remarks>
/// All take the width that the page gives and the colour of the text around them, so that they read well on light and dark
/// pages. The same data give the same figure, also when a record was read back from its file.
/// </remarks>
[<AbstractClass; Sealed>]
type Draw =

    /// <summary>A schedule over time: phases as bands, the sparsity and the learning rate.</summary>
    /// <param name="schedule">The schedule. Time is in its own unit; where it mixes epochs and steps, phases are drawn equally wide.</param>
    static member Timeline(schedule: Schedule) = Timeline.ofSchedule schedule

    /// <summary>A plan over time, in steps: also the sparsity of all weights together, and ramps with their mask updates.</summary>
    /// <param name="plan">The plan.</param>
    static member Timeline(plan: Plan) = Timeline.ofPlan plan

    /// <summary>The fraction of each layer's weights that a plan keeps, at the end of each sparse phase that differs from the others.</summary>
    /// <param name="plan">The plan. Of more than four different sparse phases the first four are drawn.</param>
    static member Layers(plan: Plan) = Layers.ofPlan plan

    /// <summary>Training loss (sampled, and smoothed within each phase) and the main metric on validation, over epochs, with phase bands.</summary>
    /// <param name="run">A run, also one that is not complete.</param>
    static member LearningCurves(run: RunRecord) = Curves.ofRuns [ run ]

    /// <summary>The learning curves of all arms in one picture.</summary>
    /// <param name="comparison">The arms.</param>
    static member LearningCurves(comparison: Comparison) = Curves.ofRuns (List.ofSeq comparison.Runs)

    /// <summary>How one layer's weights are spread as phases begin and end: Figure 2 of the paper, five panels for one round.</summary>
    /// <param name="run">A run. Exact zeros are counted apart and drawn in another colour; high spikes are cut off. Of more than fifteen panels the first five and the last ten are drawn.</param>
    /// <param name="parameter">The full name of a weight tensor, e.g. <c>fc1.weight</c>, or its layer's, e.g. <c>fc1</c>; where the record has none of it, the picture says which there are.</param>
    static member Weights(run: RunRecord, parameter: string) = Weights.ofLayer run parameter

    /// <summary>How the weights of all layers are spread at the end of each of the last three phases, one curve a layer and phase.</summary>
    /// <param name="run">A run.</param>
    static member WeightsOfAllLayers(run: RunRecord) = Ridge.ofRun run

    /// <summary>The fraction of each layer's weights that was masked at the end of each phase.</summary>
    /// <param name="run">A run.</param>
    static member Sparsity(run: RunRecord) = Layers.ofRun run

    /// <summary>Mask churn: how many weights each choice of masks pruned and let grow again, as a fraction of the pruned layers' weights.</summary>
    /// <param name="run">A run.</param>
    static member MaskChanges(run: RunRecord) = Churn.ofRun run

    /// <summary>The arms of a comparison by their main metric: on validation at the end of each phase, and on test.</summary>
    /// <param name="comparison">The arms.</param>
    static member Arms(comparison: Comparison) = Arms.ofComparison comparison

    /// <summary>What a study compares, one row a difference: one dot a seed, with mean and 95 % interval (Student's t), on the split that is judged.</summary>
    /// <param name="results">The results, also of a study that is not over. Of more than 200 seeds the first 200 have dots; the mean is of all.</param>
    static member PairedDifferences(results: StudyResults) = Contrasts.ofResults results

    /// <summary>The differences of a study over its variants, a panel an arm that is taken off: mean and 95 % interval (Student's t).</summary>
    /// <param name="results">The results, also of a study that is not over. Where variants' names have the same words and end in numbers, these make the axis.</param>
    static member Effects(results: StudyResults) = Effects.ofResults results

    /// <summary>The main metric on validation over epochs, a panel a group: each arm's mean over its seeds, with a band of one standard error each way.</summary>
    /// <param name="results">The results; trials that came to their end count. Of more than four groups the first four are drawn, from a quarter of training on.</param>
    static member StudyCurves(results: StudyResults) = StudyCurves.ofResults results
