using Dsd.Data;
using Dsd.Execution;
using Dsd.Models;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>What surrounds the steps of LeNet-5 on data of Fashion-MNIST's shape: batches, evaluation, and the borders of phases.</summary>
internal static class DataCase
{
    private const int Borders = 8;

    public static IEnumerable<Row> Rows(Bench bench)
    {
        var data = RandomImages.Make(bench.Effort.Pick(55_000, 640), 1, 28, 28, 10, validation: bench.Effort.Pick(5_000, 200));
        var task = new ImageClassification(data, bench.Effort.Pick(64, 16), seed: 1, new Augmentation(shiftPixels: 2, flip: true));
        using var workload = Workloads.LeNet5(bench.Effort);
        using var run = OurRun.InPhase(workload, sparse: true);
        using var model = new LeNet5();
        using var computation = new Computation(model);
        var step = 0L;
        var timings = bench.Time(
            run.AsContender("step"),
            Contender.Repeated("batch", () => Batch(task, step++)),
            Contender.Repeated("evaluation", () => Evaluate(task, model, computation)),
            Contender.Repeated("border", () => Cross(task, model), Borders));

        // Every time of the numerator stands to the epoch that the same round would have taken.
        var epoch = timings[0] with { Rounds = [.. timings[0].Rounds.Select(r => r * task.StepsPerEpoch)] };
        yield return Percent("batch, shuffled, shifted and mirrored, in % of a step", timings[1], timings[0], Bar.AtMost(2));
        yield return bench.Spread("evaluation on the validation split", timings[2].Times(1e3), "ms", note: $"{data.Validation.Count} examples");
        yield return Percent("evaluation in % of an epoch", timings[2], epoch);
        yield return bench.Spread("border of two phases", timings[3].Times(1e3), "ms", note: "closing one, opening the other: masks, counts, histograms, events");
        yield return Percent("border of two phases in % of an epoch", timings[3], epoch);

        Row Percent(string what, Timing part, Timing whole, Bar? bar = null)
        {
            var ratio = part.Over(whole);
            return bench.Spread(what, new(100 * ratio.Low, 100 * ratio.Median, 100 * ratio.High), "%", bar);
        }
    }

    private static void Batch(ImageClassification task, long step)
    {
        var (input, target) = task.Batch(step);
        input.Dispose();
        target.Dispose();
    }

    private static void Evaluate(ImageClassification task, LeNet5 model, Computation computation)
    {
        using var guard = no_grad();
        model.eval();
        computation.Forward(() => task.Evaluate(model, DataSplit.Validation));
    }

    /// <summary>Opens and closes phases of one step, dense and sparse in turn, without training in them.</summary>
    private static void Cross(ImageClassification task, LeNet5 model)
    {
        var schedule = Schedule.Start().Dense(Duration.Steps(1), LearningRate.Constant(Workload.Rate))
            .Sparse(Duration.Steps(1), LearningRate.Constant(Workload.Rate), SparsityCurve.Constant(Workload.Sparsity)).Build().Repeat(Borders / 2);
        using var optimizer = OptimizerSettings.Default.Create(model.parameters(), Workload.Rate);
        var record = RunRecord.Empty;
        using var session = new Session(schedule.On(model, task.StepsPerEpoch), model, optimizer, happened => record = record.Apply(happened));
        while (session.BeginStep())
        {
            session.EndStep();
        }
    }
}
