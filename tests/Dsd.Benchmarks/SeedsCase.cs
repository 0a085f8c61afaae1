using System.Globalization;
using Dsd.Data;
using Dsd.Models;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Steps of several seeds at once beside those of one seed alone.</summary>
internal static class SeedsCase
{
    private const int StepsOfATrial = 60_000;
    private const double SecondsPerHour = 3600;
    private static readonly int[] s_seeds = [1, 4, 8];

    public static IEnumerable<Row> Rows(Bench bench)
    {
        var data = RandomImages.Make(bench.Effort.Pick(12_800, 640), 1, 28, 28, 10);
        using var alone = OurRun.InPhase(new("lenet-300-100", static () => new LeNet300100(), Task(bench, data, 0), RandomImages.Inputs(data), RandomImages.Labels(data), 64), sparse: true);
        var runs = s_seeds.Select(seeds => (Seeds: seeds, Run: new Stacked(bench, data, seeds))).ToList();
        try
        {
            var timings = bench.Time([alone.AsContender("one seed alone"), .. runs.Select(r => Contender.Of($"{r.Seeds} at once", r.Run.Steps, r.Seeds))]);
            foreach (var (timing, what) in timings.Zip(["one seed alone", .. runs.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Seeds} seed{(r.Seeds == 1 ? "" : "s")} at once"))]))
            {
                var seconds = timing.Times(StepsOfATrial);
                yield return bench.Spread($"LeNet-300-100, trials an hour, {what}", new(SecondsPerHour / seconds.High, SecondsPerHour / seconds.Median, SecondsPerHour / seconds.Low), "1/h", note: "60,000 sparse steps with batch 64, without evaluation, on the CPU");
            }
        }
        finally
        {
            runs.ForEach(r => r.Run.Dispose());
        }
    }

    private static ImageClassification Task(Bench bench, ImageDataset data, int seed) => new(data, bench.Effort.Pick(64, 16), seed);

    private sealed class Stacked : IDisposable
    {
        private readonly List<StackedSeed> _seeds;
        private readonly StackedRun _run;
        private long _step = 6;

        public Stacked(Bench bench, ImageDataset data, int seeds)
        {
            _seeds = [.. Enumerable.Range(0, seeds).Select(i => new StackedSeed(new LeNet300100(), Task(bench, data, i), new TrainerSettings(seed: i), _ => { }))];
            var schedule = Schedule.Start().Dense(Duration.Steps(5), LearningRate.Constant(Workload.Rate))
                .Sparse(Duration.Steps(10_000_000), LearningRate.Constant(Workload.Rate), SparsityCurve.Constant(Workload.Sparsity)).Build();
            _run = new StackedRun(schedule.On(_seeds[0].Model, _seeds[0].Task.StepsPerEpoch), _seeds);
            _run.RunTo(_step, CancellationToken.None);
        }

        public void Steps(int count) => _run.RunTo(_step += count, CancellationToken.None);

        public void Dispose()
        {
            _run.Dispose();
            _seeds.ForEach(s => s.Model.Dispose());
        }
    }
}
