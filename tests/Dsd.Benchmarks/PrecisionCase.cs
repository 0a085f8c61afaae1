using Dsd.Training;

namespace Dsd.Benchmarks;

/// <summary>What layout and number format do to a step of ResNet-20.</summary>
internal static class PrecisionCase
{
    public static IEnumerable<Row> Rows(Bench bench)
    {
        using var workload = Workloads.ResNet20(bench.Effort);
        using var plain = Run(Precision.Fp32, MemoryLayout.ChannelsFirst);
        using var last = Run(Precision.Fp32, MemoryLayout.ChannelsLast);
        using var bf16 = Run(Precision.Bf16, MemoryLayout.ChannelsLast);
        using var loop = new HandWrittenLoop(workload.Create(), workload.Inputs, workload.Labels, workload.Batch, Workload.Rate, Workload.Sparsity);
        List<Contender> contenders =
        [
            plain.AsContender("channels first"),
            last.AsContender("channels last"),
            bf16.AsContender("bf16"),
            Contender.Repeated("by hand, oneDNN on", loop.Step, around: OneDnn.On),
            Contender.Repeated("by hand, oneDNN off", loop.Step),
        ];
        if (bench.Peer.IsThere)
        {
            contenders.Add(bench.Peer.Does(workload.Name));
        }

        var timings = bench.Time(contenders);
        yield return bench.Spread("resnet-20: sparse step in bf16, channels last", timings[2].Times(1e3), "ms");
        yield return bench.Ratio("resnet-20: channels first / channels last, both fp32", timings[0], timings[1], Bar.AtLeast(1.4));
        yield return bench.Ratio("resnet-20: fp32 channels first / bf16", timings[0], timings[2], Bar.AtLeast(2));
        yield return bench.Ratio("resnet-20: by hand in fp32, oneDNN on / ours in bf16", timings[3], timings[2], Bar.AtLeast(2.5));
        yield return bench.Ratio("resnet-20: by hand in fp32, oneDNN off / ours in bf16", timings[4], timings[2], Bar.AtLeast(2.5));
        const string python = "resnet-20: torch.nn.utils.prune in fp32 / ours in bf16";
        yield return bench.Peer.IsThere
            ? bench.Ratio(python, timings[5], timings[2], Bar.AtLeast(2), bench.Peer.Description)
            : bench.Skipped(python, "×", Bar.AtLeast(2), bench.Peer.Description);

        OurRun Run(Precision precision, MemoryLayout layout) =>
            OurRun.InPhase(workload, sparse: true, new TrainerSettings(precision: precision, layout: layout));
    }
}
