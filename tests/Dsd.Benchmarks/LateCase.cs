namespace Dsd.Benchmarks;

/// <summary>A sparse step far into its phase, where what momentum holds of pruned weights has died away.</summary>
/// <remarks>
/// Multiplied by 0.9 a step, momentum that nothing feeds becomes a subnormal number after some 830 steps and stays one, unless
/// the optimiser leaves it alone; on some processors arithmetic on such numbers is many times slower.
/// </remarks>
internal static class LateCase
{
    public static IEnumerable<Row> Rows(Bench bench)
    {
        var steps = bench.Effort.Pick(1500, 30);
        using var workload = Workloads.Mlp(bench.Effort);
        using var sparse = OurRun.InPhase(workload, sparse: true);
        using var dense = OurRun.InPhase(workload, sparse: false);
        sparse.Steps(steps);
        dense.Steps(steps);
        var timings = bench.Time(sparse.AsContender("sparse step, late"), dense.AsContender("dense step, late"));
        yield return bench.Ratio("sparse step / dense step", timings[0], timings[1], Bar.AtMost(1.03), FormattableString.Invariant($"after {steps} steps of the phase"));
    }
}
