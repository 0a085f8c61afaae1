using Dsd.Optimizers;

namespace Dsd.Benchmarks;

/// <summary>What a step leaves to the garbage collector.</summary>
internal static class ManagedCase
{
    public static IEnumerable<Row> Rows(Bench bench)
    {
        foreach (var name in (string[])["mlp", "lenet-5", "resnet-20"])
        {
            using var workload = Cases.Workload(name, bench.Effort);
            var steps = bench.Effort.Pick(name == "mlp" ? 1000 : 100, 10);
            using (var run = OurRun.InPhase(workload, sparse: true))
            {
                foreach (var row in Of(bench, $"{name}, ours", steps, run.Steps))
                {
                    yield return row;
                }
            }

            using var loop = new HandWrittenLoop(workload);
            foreach (var row in Of(bench, $"{name}, by hand", steps, times => Enumerable.Range(0, times).ToList().ForEach(_ => loop.Step())))
            {
                yield return row;
            }
        }
    }

    private static IEnumerable<Row> Of(Bench bench, string what, int steps, Action<int> work)
    {
        work(Math.Max(3, steps / 10));
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var collections = Enumerable.Range(0, 3).Select(GC.CollectionCount).ToArray();
        work(steps);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        var collected = Enumerable.Range(0, 3).Select(g => GC.CollectionCount(g) - collections[g]);
        yield return bench.Value($"{what}: managed bytes allocated a step", (double)allocated / steps, "bytes");
        yield return bench.Value($"{what}: collections in 1,000 steps", 1000.0 * collected.First() / steps, "", note: $"of generation 0, 1, 2 within {steps} steps: {string.Join(", ", collected)}");
    }
}
