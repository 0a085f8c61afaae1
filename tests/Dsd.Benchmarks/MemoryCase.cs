using System.Globalization;
using System.Runtime.InteropServices;
using Dsd.Masks;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Memory: what masks take, and whether training holds what it has.</summary>
internal static class MemoryCase
{
    /// <summary>Where Linux says how much memory this process holds.</summary>
    public const string Status = "/proc/self/status";

    public static IEnumerable<Row> Rows(Bench bench)
    {
        yield return bench.Value("bits of a mask a weight", BitsPerWeight(bench.Effort.Pick(10_000_000, 100_000)), "bits", Bar.AtMost(1.01));
        const string peaks = "wide: peak resident memory, sparse run less dense run";
        var steps = bench.Effort.Pick("steps 5,000 to 15,000", "steps 100 to 1,000");
        var resident = $"mlp: resident memory gained, {steps}";
        if (!File.Exists(Status))
        {
            yield return bench.Skipped(peaks, "% of the weights", Bar.AtMost(4), $"needs {Status}");
            yield return bench.Skipped(resident, "%", Bar.AtMost(1), $"needs {Status}");
            yield break;
        }

        // The same run differs by a few megabytes from process to process.
        var gains = new double[bench.Effort.Pick(5, 1)];
        var weights = 0.0;
        for (var i = 0; i < gains.Length; i++)
        {
            var (dense, sparse) = (Child.Measure(bench.Effort, "peak", "wide", "dense"), Child.Measure(bench.Effort, "peak", "wide", "sparse"));
            weights = sparse["weights"];
            gains[i] = 100 * (sparse["peak"] - dense["peak"]) / weights;
        }

        yield return bench.Spread(peaks, Quantiles.Of(gains), "% of the weights", Bar.AtMost(4), string.Create(CultureInfo.InvariantCulture, $"weights {weights / 1e6:0} MB"));
        var flat = Child.Measure(bench.Effort, "flat");
        yield return bench.Value(resident, 100 * (flat["residentLate"] - flat["residentEarly"]) / flat["residentEarly"], "%", Bar.AtMost(1), Megabytes(flat["residentEarly"]));
        yield return bench.Value($"mlp: managed heap gained, {steps}", (flat["heapLate"] - flat["heapEarly"]) / 1024, "KiB", Bar.AtMost(512), Megabytes(flat["heapEarly"]));
    }

    /// <summary>The most memory that a process held which trained a few steps, in bytes.</summary>
    public static Dictionary<string, double> Peak(Effort effort, string name, bool sparse)
    {
        // A small sparse run before both: what its code takes, once a process, has nothing to do with the number of weights.
        using (var small = Workloads.Mlp(Effort.Small))
        using (OurRun.InPhase(small, sparse: true))
        {
        }

        using var workload = Cases.Workload(name, effort);
        using var run = new OurRun(workload, sparse, stepsBefore: 10);
        GiveFreedMemoryBack();
        run.Steps(30);
        var peak = Kilobytes("VmHWM") * 1024;
        using var model = workload.Create();
        return new() { ["peak"] = peak, ["weights"] = 4.0 * model.parameters().Sum(p => p.numel()) };
    }

    /// <summary>What a process holds early and late in a long sparse phase, in bytes.</summary>
    public static Dictionary<string, double> Flat(Effort effort)
    {
        using var workload = Workloads.Mlp(effort);
        using var run = OurRun.InPhase(workload, sparse: true);

        // Before that, the collector's room has not been used once from end to end.
        run.Steps(effort.Pick(5_000, 100));
        var (residentEarly, heapEarly) = (Kilobytes("VmRSS") * 1024, (double)GC.GetTotalMemory(forceFullCollection: true));
        run.Steps(effort.Pick(10_000, 900));
        return new()
        {
            ["residentEarly"] = residentEarly,
            ["heapEarly"] = heapEarly,
            ["residentLate"] = Kilobytes("VmRSS") * 1024,
            ["heapLate"] = GC.GetTotalMemory(forceFullCollection: true),
        };
    }

    private static double BitsPerWeight(long count)
    {
        using var weights = new Parameter(randn(count));
        var mask = MaskSet.Choose(new MaskContext("weight", weights), new Sparsity(Workload.Sparsity));
        return 64.0 * mask.Words.Length / mask.Count;
    }

    /// <summary>Has every large piece of memory go back to the system once it is freed, so that what is resident is in use.</summary>
    /// <remarks>A run keeps it otherwise, and how much lies between pieces in use is chance.</remarks>
    private static void GiveFreedMemoryBack()
    {
        const int mmapThreshold = -3;
        const int trimThreshold = -1;
        _ = SetAllocator(mmapThreshold, 1 << 16);
        _ = SetAllocator(trimThreshold, 1 << 16);
    }

    [DllImport("libc.so.6", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAllocator(int parameter, int value);

    private static string Megabytes(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB early");

    /// <summary>A line of <see cref="Status"/>, e.g. <c>VmHWM</c>, the most that was ever resident.</summary>
    public static double Kilobytes(string field)
    {
        var line = File.ReadLines(Status).First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return double.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
