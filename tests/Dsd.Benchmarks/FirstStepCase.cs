using System.Diagnostics;
using Dsd.Models;

namespace Dsd.Benchmarks;

/// <summary>What starting costs: the first step of a process, of this library's and of the loop written by hand.</summary>
internal static class FirstStepCase
{
    public static IEnumerable<Row> Rows(Bench bench)
    {
        var ours = new List<Dictionary<string, double>>();
        var byHand = new List<Dictionary<string, double>>();
        for (var i = 0; i < bench.Effort.Pick(7, 1); i++)
        {
            ours.Add(Child.Measure(bench.Effort, "first-step", "ours"));
            byHand.Add(Child.Measure(bench.Effort, "first-step", "by-hand"));
        }

        yield return bench.Spread("lenet-5, ours: from the run's making to the end of its first step", Of(ours, "step"), "ms");
        yield return bench.Spread("lenet-5, by hand: the same", Of(byHand, "step"), "ms");
        yield return bench.Spread("lenet-5, ours: from the start of the process", Of(ours, "process"), "ms", note: "with .NET, libtorch and the data");
        yield return bench.Spread("lenet-5, by hand: the same", Of(byHand, "process"), "ms");
    }

    /// <summary>Trains one step in this process and tells how long it took from the loop's making and from the start of the process.</summary>
    public static Dictionary<string, double> Measure(Effort effort, bool ours)
    {
        using var workload = Workloads.LeNet5(effort);
        var clock = Stopwatch.StartNew();
        if (ours)
        {
            using var run = new OurRun(workload, sparse: true);
            run.Steps(1);
            return Now();
        }

        using var loop = new HandWrittenLoop(workload);
        loop.Step();
        return Now();

        Dictionary<string, double> Now() => new()
        {
            ["step"] = clock.Elapsed.TotalMilliseconds,
            ["process"] = (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds,
        };
    }

    private static Quantiles Of(List<Dictionary<string, double>> measured, string name) => Quantiles.Of([.. measured.Select(m => m[name])]);
}
