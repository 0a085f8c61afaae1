using Dsd.Models;
using Dsd.Runs;
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
        List<Contender> contenders =
        [
            plain.AsContender("channels first"),
            last.AsContender("channels last"),
            bf16.AsContender("bf16"),
            bench.ByHand.Trains(workload.Name),
        ];
        if (bench.Peer.IsThere)
        {
            contenders.Add(bench.Peer.Does(workload.Name));
        }

        var timings = bench.Time(contenders);
        yield return bench.Spread("resnet-20: sparse step in bf16, channels last", timings[2].Times(1e3), "ms");
        yield return bench.Ratio("resnet-20: channels first / channels last, both fp32", timings[0], timings[1], Bar.AtLeast(1.4));
        yield return bench.Ratio("resnet-20: fp32 channels first / bf16", timings[0], timings[2], Bar.AtLeast(2));
        yield return bench.Ratio("resnet-20: by hand in fp32 / ours in bf16", timings[3], timings[2], Bar.AtLeast(2.5));
        const string python = "resnet-20: torch.nn.utils.prune in fp32 / ours in bf16";
        yield return bench.Peer.IsThere
            ? bench.Ratio(python, timings[4], timings[2], Bar.AtLeast(2), bench.Peer.Description)
            : bench.Skipped(python, "×", Bar.AtLeast(2), bench.Peer.Description);

        OurRun Run(Precision precision, MemoryLayout layout) =>
            OurRun.InPhase(workload, sparse: true, new TrainerSettings(precision: precision, layout: layout));
    }
}
