using Dsd.Training;

namespace Dsd.Benchmarks;

/// <summary>What layout and number format do to a step of ResNet-20.</summary>
internal static class PrecisionCase
{
    // Where the runs get their settings. Null: the library has no such setting yet, and the rows that need it are skipped.
    private static TrainerSettings Plain => new();

    private static TrainerSettings? ChannelsLast => null;

    private static TrainerSettings? BFloat16 => null;

    public static IEnumerable<Row> Rows(Bench bench)
    {
        using var workload = Workloads.ResNet20(bench.Effort);
        var runs = new Dictionary<string, OurRun>();
        Add("plain", Plain);
        Add("channels last", ChannelsLast);
        Add("bfloat16", BFloat16);
        using var loop = new HandWrittenLoop(workload.Create(), workload.Inputs, workload.Labels, workload.Batch, Workload.Rate, Workload.Sparsity);
        var contenders = runs.Select(r => r.Value.AsContender(r.Key)).ToList();
        contenders.Add(Contender.Repeated("by hand", loop.Step, around: OneDnn.On));
        if (bench.Peer.IsThere)
        {
            contenders.Add(bench.Peer.Does(workload.Name));
        }

        var timings = runs.Count > 1 ? bench.Time(contenders).ToDictionary(t => t.Name) : [];
        foreach (var run in runs.Values)
        {
            run.Dispose();
        }

        yield return Ratio("resnet-20: plain layout / channels last, 32 bits", "plain", "channels last", Bar.AtLeast(1.4));
        yield return Ratio("resnet-20: 32 bits / bfloat16", "plain", "bfloat16", Bar.AtLeast(2));
        yield return Ratio("resnet-20: by hand in 32 bits, oneDNN on / ours in bfloat16", "by hand", "bfloat16", Bar.AtLeast(2.5));
        yield return Ratio("resnet-20: torch.nn.utils.prune in 32 bits / ours in bfloat16", bench.Peer.Does("").Name, "bfloat16", Bar.AtLeast(2));

        void Add(string name, TrainerSettings? settings)
        {
            if (settings is not null)
            {
                runs[name] = OurRun.InPhase(workload, sparse: true, settings);
            }
        }

        Row Ratio(string what, string slow, string fast, Bar bar) => (timings.GetValueOrDefault(slow), timings.GetValueOrDefault(fast)) switch
        {
            ({ } one, { } other) => bench.Ratio(what, one, other, bar),
            (_, null) => bench.Skipped(what, "×", bar, "the library has no such setting yet"),
            _ => bench.Skipped(what, "×", bar, bench.Peer.Description),
        };
    }
}
