using Dsd.Checkpoints;

namespace Dsd.Benchmarks;

/// <summary>One checkpoint of a run within a sparse phase: captured, written and flushed; as a part of the ten minutes between two, and in steps.</summary>
internal static class CheckpointCase
{
    private const double Interval = 600;

    public static IEnumerable<Row> Rows(Bench bench)
    {
        foreach (var create in new[] { Workloads.LeNet5, Workloads.ResNet20, Workloads.Wide })
        {
            using var workload = create(bench.Effort);
            var folder = Directory.CreateTempSubdirectory("dsd-checkpoint-");
            try
            {
                var file = Path.Combine(folder.FullName, "checkpoint.safetensors");
                using var run = OurRun.InPhase(workload, sparse: true);
                var times = bench.Time(run.AsContender($"a step of {workload.Name}"), Contender.Repeated("a checkpoint", () => run.Save(file)), Contender.Repeated("reading it", () => CheckpointFile.Read(file).Dispose()));
                var size = new FileInfo(file).Length / 1e6;
                yield return bench.Spread($"{workload.Name}: a checkpoint", times[1].Times(1e3), "ms", note: FormattableString.Invariant($"{size:0.0} MB, flushed to disk"));
                yield return bench.Spread($"{workload.Name}: a checkpoint every ten minutes", times[1].Times(100 / Interval), "% of training", Bar.AtMost(1));
                yield return bench.Ratio($"{workload.Name}: a checkpoint in steps", times[1], times[0]);
                yield return bench.Spread($"{workload.Name}: reading it", times[2].Times(1e3), "ms");
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }
}
