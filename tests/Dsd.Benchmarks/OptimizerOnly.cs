using Dsd.Execution;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>The optimiser's part of a step alone, with gradients that stay: a session, its masks and the default optimiser.</summary>
internal sealed class OptimizerOnly : IDisposable
{
    private readonly nn.Module _model;
    private readonly optim.Optimizer _optimizer;
    private readonly Session _session;

    /// <summary>Takes a model over and goes into a phase of it.</summary>
    /// <param name="model">The model; its weights move.</param>
    /// <param name="sparse">Whether the phase is sparse.</param>
    public OptimizerOnly(nn.Module model, bool sparse)
    {
        _model = model;
        GiveGradients(model);
        var rate = LearningRate.Constant(Rate);
        var (before, length) = (Schedule.Start().Dense(Duration.Steps(1), rate), Duration.Steps(10_000_000));
        var schedule = sparse ? before.Sparse(length, rate, SparsityCurve.Constant(Workload.Sparsity)).Build() : before.Dense(length, rate).Build();
        _optimizer = OptimizerSettings.Default.Create(model.parameters(), Rate);
        _session = new Session(schedule.On(model, 1_000_000), model, _optimizer);
        Step();
        Step();
    }

    /// <summary>A rate at which weights hardly move, however often the same gradient is followed.</summary>
    public static double Rate => 1e-9;

    public void Step()
    {
        _session.BeginStep();
        _optimizer.step();
        _session.EndStep();
    }

    public void Dispose()
    {
        _session.Dispose();
        _optimizer.Dispose();
        _model.Dispose();
    }

    /// <summary>Gives every parameter a random gradient.</summary>
    public static void GiveGradients(nn.Module model)
    {
        foreach (var parameter in model.parameters())
        {
            using var gradient = randn_like(parameter, requires_grad: false);
            parameter.grad = gradient.detach();
        }
    }
}
