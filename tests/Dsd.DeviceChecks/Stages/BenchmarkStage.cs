using System.Diagnostics;
using Dsd.Benchmarks;
using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>What a step costs: dense, sparse and its arithmetic alone, in 32 bits and bf16, beside PyTorch.</summary>
internal sealed class BenchmarkStage : IStage
{
    private const double RoundSeconds = 0.1;
    private const int Rounds = 5;
    private const int Instances = 2;

    public string Name => "benchmark";

    public string Summary => "milliseconds a step, beside forward and backward alone and PyTorch";

    public int LimitSeconds => 140;

    public void Run(StageContext context)
    {
        var effort = context.Pick(Effort.Full, Effort.Small);
        using var peer = new Peer(context.IsQuick, context.DeviceName);
        context.Say("PyTorch", peer.IsThere ? peer.Description : $"skipped: {peer.Description}");
        foreach (var make in new Func<Effort, Workload>[] { Workloads.Mlp, Workloads.LeNet5, Workloads.ResNet20, Workloads.Lstm, Workloads.Wide })
        {
            if (!context.HasTime)
            {
                context.Say("left out", "the rest, for lack of time");
                return;
            }

            _ = manual_seed(1);
            using var workload = DeviceWorkload.Of(make(effort), context.Device);
            Network(context, workload, peer);
        }
    }

    private static void Network(StageContext context, Workload workload, Peer peer)
    {
        var name = $"{workload.Name} b{workload.Batch}";
        foreach (var precision in context.IsOnCuda ? new[] { Precision.Fp32, Precision.Bf16 } : [Precision.Fp32])
        {
            foreach (var capture in context.IsOnCuda ? new[] { StepCapture.Off, StepCapture.On } : [StepCapture.Off])
            {
                // By turns and twice each, since a run that lies elsewhere in memory can differ by more than a mask costs.
                var settings = new TrainerSettings(precision: precision, capture: capture);
                var runs = Enumerable.Range(0, context.Pick(Instances, 1)).SelectMany(_ => new[] { OurRun.InPhase(workload, false, settings), OurRun.InPhase(workload, true, settings) }).ToList();
                var times = Rounded(context, [.. runs.Select(r => Timed(context, r.Steps))]);
                runs.ForEach(r => r.Dispose());
                var (dense, sparse) = (Median([.. times.Where((_, i) => i % 2 == 0).SelectMany(t => t)]), Median([.. times.Where((_, i) => i % 2 == 1).SelectMany(t => t)]));
                var word = $"{name}: {precision.ToString().ToLowerInvariant()}{(capture == StepCapture.On ? " recorded" : "")}";
                context.Measure($"{word}, dense", dense, "ms", Spread(times, 0));
                context.Measure($"{word}, sparse", sparse, "ms", FormattableString.Invariant($"{Spread(times, 1)}; {sparse / dense:0.000} of the dense one"));
            }
        }

        if (context.IsOnCuda && workload.Inputs.dim() == 4)
        {
            using var run = OurRun.InPhase(workload, sparse: true, new TrainerSettings(layout: MemoryLayout.ChannelsFirst, capture: StepCapture.On));
            Measure(context, $"{name}: fp32 sparse, channels first, recorded", run.Steps);
        }

        Measure(context, $"{name}: fp32 forward and backward alone", Arithmetic(workload, out var used));
        used.ForEach(u => u.Dispose());
        foreach (var (work, word) in peer.IsThere ? new[] { ($"{workload.Name} dense", "dense"), (workload.Name, "prune") } : [])
        {
            Report(context, $"{name}: PyTorch fp32 {word}", times => peer.Does(work).Seconds(times));
        }
    }

    private static void Measure(StageContext context, string name, Action<int> steps) => Report(context, name, Timed(context, steps));

    private static Func<int, double> Timed(StageContext context, Action<int> steps) => times =>
    {
        context.Synchronize();
        var clock = Stopwatch.StartNew();
        steps(times);
        context.Synchronize();
        return clock.Elapsed.TotalSeconds;
    };

    private static void Report(StageContext context, string name, Func<int, double> seconds)
    {
        var times = Rounded(context, [seconds]);
        context.Measure(name, Median(times[0]), "ms", Spread(times, 0));
    }

    /// <summary>Times contenders by turns, in milliseconds a step.</summary>
    private static double[][] Rounded(StageContext context, Func<int, double>[] contenders)
    {
        var round = context.Pick(RoundSeconds, 0.01) / Math.Max(1, contenders.Length / 2);
        var counts = Array.ConvertAll(contenders, seconds =>
        {
            // Warmed up until what is compiled late is compiled.
            var (times, once) = (1, seconds(1));
            for (var spent = once; spent < round; spent += once * times)
            {
                times *= 2;
                once = seconds(times) / times;
            }

            return Math.Max(1, (int)(round / once));
        });
        var rounds = Enumerable.Range(0, context.Pick(Rounds, 2)).Select(_ => contenders.Zip(counts, (seconds, times) => 1e3 * seconds(times) / times).ToArray()).ToList();
        return [.. contenders.Select((_, c) => rounds.ConvertAll(r => r[c]).ToArray())];
    }

    private static double Median(double[] times) => times.Order().ElementAt(times.Length / 2);

    /// <summary>The lowest and highest of the contenders whose place is odd, or even.</summary>
    private static string Spread(double[][] times, int parity) => times.Where((_, i) => i % 2 == parity).SelectMany(t => t).ToList() is var all
        ? FormattableString.Invariant($"median of {all.Count}, {all.Min():G4} to {all.Max():G4}") : "";

    private static Action<int> Arithmetic(Workload workload, out List<IDisposable> used)
    {
        var model = workload.Create();
        var gradients = OptimizerSettings.Default.Create(model.parameters(), Workload.Rate);
        var computation = new Computation(model);
        var (input, target) = (workload.Inputs.narrow(0, 0, workload.Batch), workload.Labels.narrow(0, 0, workload.Batch));
        used = [computation, gradients, model, input, target];
        return times =>
        {
            for (var i = 0; i < times; i++)
            {
                using var scope = NewDisposeScope();
                gradients.zero_grad();
                _ = computation.Backward(() => nn.functional.cross_entropy(model.call(input), target));
            }
        };
    }
}
