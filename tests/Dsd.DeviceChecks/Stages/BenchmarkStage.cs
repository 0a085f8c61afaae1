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
    private const double RoundSeconds = 0.15;
    private const int Rounds = 7;

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
                foreach (var isSparse in new[] { false, true })
                {
                    using var run = OurRun.InPhase(workload, isSparse, new TrainerSettings(precision: precision, capture: capture));
                    Measure(context, $"{name}: {precision.ToString().ToLowerInvariant()} {(isSparse ? "sparse" : "dense")}{(capture == StepCapture.On ? ", recorded" : "")}", run.Steps);
                }
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

    private static void Measure(StageContext context, string name, Action<int> steps) => Report(context, name, times =>
    {
        context.Synchronize();
        var clock = Stopwatch.StartNew();
        steps(times);
        context.Synchronize();
        return clock.Elapsed.TotalSeconds;
    });

    private static void Report(StageContext context, string name, Func<int, double> seconds)
    {
        // Warmed up until what is compiled late is compiled.
        var (times, round) = (1, context.Pick(RoundSeconds, 0.01));
        var once = seconds(1);
        for (var spent = once; spent < 3 * round; spent += once * times)
        {
            times *= 2;
            once = seconds(times) / times;
        }

        times = Math.Max(1, (int)(round / once));
        var rounds = Enumerable.Range(0, context.Pick(Rounds, 2)).Select(_ => 1e3 * seconds(times) / times).Order().ToArray();
        context.Measure(name, rounds[rounds.Length / 2], "ms", FormattableString.Invariant($"median of {rounds.Length}, {rounds[0]:G4} to {rounds[^1]:G4}"));
    }

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
