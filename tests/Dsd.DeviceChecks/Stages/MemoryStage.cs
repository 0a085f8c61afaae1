using Dsd.Benchmarks;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>The memory of a process, and of the device, over a long sparse phase.</summary>
internal sealed class MemoryStage : IStage
{
    private const double MostGrowthMegabytes = 12;
    private const int MostTensors = 50;
    private const double WarmUpShare = 0.25;
    private const int Chunk = 100;

    public string Name => "memory";

    public string Summary => "memory stays flat over thousands of steps";

    public int LimitSeconds => 60;

    public void Run(StageContext context)
    {
        using var workload = DeviceWorkload.Of(context.IsQuick ? Workloads.Mlp(Effort.Small) : Workloads.LeNet5(Effort.Small), context.Device);
        using var run = OurRun.InPhase(workload, sparse: true);

        // Before that, the collector's room has not been used once from end to end.
        var early = 0;
        for (; early < context.Pick(1500, 300) && context.HasTimeUpTo(WarmUpShare); early += Chunk)
        {
            run.Steps(Chunk);
        }

        var before = Megabytes(context);
        var tensors = Tensor.TotalCount;
        var steps = 0;
        do
        {
            run.Steps(Chunk);
            steps += Chunk;
        }
        while (context.HasTime && steps < context.Pick(10_000, 400));
        var after = Megabytes(context);
        context.Measure("steps", steps, "steps", $"{workload.Name}, after {early} that do not count");
        context.Require("tensors of TorchSharp", Tensor.TotalCount - tensors, "more", Math.Abs(Tensor.TotalCount - tensors) <= MostTensors, $"at most {MostTensors} is flat");
        Compare(context, "resident memory", before.Resident, after.Resident);
        Compare(context, "managed memory", before.Managed, after.Managed);
        if (before.Gpu is { } gpu)
        {
            // The allocator of libtorch keeps what it has; what all processes use is what the driver says.
            Compare(context, "memory of the GPU", gpu, after.Gpu!.Value);
        }
        else
        {
            context.Say("memory of the GPU", "not known: there is no driver");
        }
    }

    private static void Compare(StageContext context, string name, double before, double after) =>
        context.Require(name, after - before, "MB more", after - before <= MostGrowthMegabytes, FormattableString.Invariant($"from {before:0.0} MB; at most {MostGrowthMegabytes} MB more is flat"));

    private static (double Resident, double Managed, double? Gpu) Megabytes(StageContext context)
    {
        const double megabyte = 1024 * 1024;
        context.Synchronize();
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return (process.WorkingSet64 / megabyte, managed / megabyte, context.IsOnCuda && GpuDriver.Memory is { } gpu ? gpu.Used / megabyte : null);
    }
}
