using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Testing;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>The laws of trainers: zero sparsity is plain training, and the record is the fold of the events.</summary>
internal static class TrainerLaws
{
    private const int Cases = 10;
    private const int QuickCases = 3;

    /// <summary>Checks both laws on random cases.</summary>
    public static void Check(StageContext context)
    {
        var (same, folds, count) = (0, 0, 0);
        foreach (var c in Generators.Sample(Generators.TrainingCases(), context.Cases ?? context.Pick(Cases, QuickCases)))
        {
            count++;
            var settings = new TrainerSettings(c.Seed, c.Optimizer, gradientClip: c.Clip, methods: c.Methods);
            same += SameBits(Trained(context, c, settings), Plain(context, c, settings)) ? 1 : 0;
            folds += Folds(context, c, settings) ? 1 : 0;
        }

        context.Require("trainer: zero sparsity is plain training", same == count, $"{same} of {count} cases have the bits of a plain loop on the device");
        context.Require("trainer: the record is the fold of the events", folds == count, $"{folds} of {count} cases");
    }

    private static Plan DensePlan(TrainingCase c, nn.Module model) => c.Schedule.AsDenseControl().On(model, TrainingCase.StepsPerEpoch);

    private static List<float[]> Trained(StageContext context, TrainingCase c, TrainerSettings settings)
    {
        using var model = c.Network.Build(c.Seed, context.DeviceName);
        _ = Trainer.Run(DensePlan(c, model), model, new TestTask(c.Network.Inputs), settings, _ => { });
        return Weights(model);
    }

    private static List<float[]> Plain(StageContext context, TrainingCase c, TrainerSettings settings)
    {
        using var model = c.Network.Build(c.Seed, context.DeviceName);
        var (plan, task) = (DensePlan(c, model), new TestTask(c.Network.Inputs));
        using var computation = new Computation(model);
        using var optimizer = settings.Optimizer.Create(model.parameters(), plan.RateAt(0));
        model.train();
        RunSeed.Begin(c.Seed);
        for (var step = 0L; step < plan.TotalSteps; step++)
        {
            using var scope = NewDisposeScope();
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = plan.RateAt(step);
            }

            if (context.IsOnCuda)
            {
                RunSeed.BeginStepOnCuda(c.Seed, step);
            }

            optimizer.zero_grad();
            var number = step;
            _ = computation.Backward(() => task.Loss(model, number));
            if (c.Clip is { } norm)
            {
                // TorchSharp's own reads the norms on the host; on a GPU a trainer clips as PyTorch does, in 32 bits there.
                if (context.IsOnCuda)
                {
                    GradientClip.Apply(model.parameters(), norm);
                }
                else
                {
                    _ = nn.utils.clip_grad_norm_(model.parameters(), norm);
                }
            }

            _ = optimizer.step();
        }

        return Weights(model);
    }

    private static bool Folds(StageContext context, TrainingCase c, TrainerSettings settings)
    {
        using var model = c.Network.Build(c.Seed, context.DeviceName);
        var events = new List<TrainingEvent>();
        var record = Trainer.Run(c.Schedule.On(model, TrainingCase.StepsPerEpoch, c.Methods), model, new TestTask(c.Network.Inputs), settings, events.Add);
        return record == RunRecord.Fold(events) && record == RunRecord.Fold(events.Select(EventLog.ToLine).Select(EventLog.FromLine));
    }

    private static List<float[]> Weights(nn.Module model) => [.. model.state_dict().Values.Select(Bits.Of)];

    private static bool SameBits(List<float[]> a, List<float[]> b) => a.Zip(b).All(p => Bits.AreSame(p.First, p.Second));
}
