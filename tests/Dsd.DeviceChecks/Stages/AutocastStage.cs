using Dsd.Benchmarks;
using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>Forward and backward passes in bf16 under the option of a run.</summary>
internal sealed class AutocastStage : IStage
{
    private const int Steps = 6;

    public string Name => "autocast";

    public string Summary => "bf16: layers compute in it, weights stay in 32 bits, masks exact";

    public int LimitSeconds => 40;

    public void Run(StageContext context)
    {
        if (!Autocast.IsAvailable)
        {
            throw new SkippedException("this libtorch does not export its mixed precision under the names of Linux and macOS");
        }

        foreach (var make in new Func<Effort, Workload>[] { Workloads.LeNet5, Workloads.ResNet20, Workloads.Lstm })
        {
            using var workload = DeviceWorkload.Of(make(Effort.Small), context.Device);
            Layers(context, workload);
            Training(context, workload);
        }
    }

    private static void Layers(StageContext context, Workload workload)
    {
        using var scope = NewDisposeScope();
        using var model = workload.Create();
        using var computation = new Computation(model, Precision.Bf16);
        var (input, target) = (workload.Inputs.narrow(0, 0, workload.Batch), workload.Labels.narrow(0, 0, workload.Batch));
        ScalarType? outside = null, inside = null;
        _ = computation.Backward(() =>
        {
            var output = model.call(input);
            inside = output.dtype;
            return nn.functional.cross_entropy(output.to(float32), target);
        });
        using (no_grad())
        {
            outside = model.call(input).dtype;
        }

        context.Require($"{workload.Name}: the output under bf16", inside == ScalarType.BFloat16 || computation.Notes.Count > 0, $"{inside}, outside of it {outside}; {computation.Description}");
        context.Require($"{workload.Name}: gradients", model.parameters().All(p => p.grad is { } g && g.dtype == ScalarType.Float32 && g.isfinite().all().item<bool>()), "of all parameters, finite and in 32 bits");
    }

    private static void Training(StageContext context, Workload workload)
    {
        using var model = workload.Create();
        var rate = LearningRate.Constant(0.01);
        var schedule = Schedule.Start().Dense(Duration.Steps(Steps), rate).Sparse(Duration.Steps(Steps), rate, SparsityCurve.Constant(0.7)).Build();
        var record = Trainer.Run(schedule.On(model, workload.Task.StepsPerEpoch), model, workload.Task, new TrainerSettings(precision: Precision.Bf16, logEverySteps: 1), _ => { });
        var samples = record.Phases.SelectMany(p => p.Samples).ToList();
        context.Require($"{workload.Name}: losses", samples.Count == 2 * Steps && samples.TrueForAll(s => double.IsFinite(s.Loss)), $"{samples.Count} of {2 * Steps} steps, finite");
        context.Require($"{workload.Name}: weights", model.parameters().All(p => p.dtype == ScalarType.Float32), "all in 32 bits");
        var wrong = record.Phases[^1].End!.Layers.Where(l => l.Kept < l.Weights && PlusZeros(model, l.Parameter) < l.Weights - l.Kept).Select(l => l.Parameter).ToList();
        context.Require($"{workload.Name}: masked weights are +0", wrong.Count == 0, wrong.Count == 0 ? "in every layer" : $"too few in {string.Join(", ", wrong)}");
    }

    private static long PlusZeros(nn.Module model, string parameter) => Bits.Of(model.get_parameter(parameter)!).LongCount(w => BitConverter.SingleToInt32Bits(w) == 0);
}
