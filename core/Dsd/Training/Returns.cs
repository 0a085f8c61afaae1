using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>The weights to which phases return: kept where a phase ends, if a later one of some arm refers to it.</summary>
/// <param name="model">The model.</param>
/// <param name="masks">The masks, whose state holds the weights.</param>
/// <param name="optimizer">The optimiser, which starts anew at each return.</param>
internal sealed class Returns(PlannedModel model, MaskSet masks, LiveOptimizer optimizer)
{
    private const string Start = "";
    private readonly HashSet<string> _phases = [];

    /// <summary>Keeps what the phases of a plan refer to from now on: weights, and lifted masks.</summary>
    public void KeepFor(Plan plan)
    {
        foreach (var phase in plan.Phases.Select(p => p.Phase))
        {
            masks.KeepsLifted |= phase.Rewind?.OnlyKept == true || phase.Mask.GivenMasks.Any(m => m.HasPrevious);
            if (phase.Rewind is { } rewind)
            {
                _phases.Add(rewind.Phase ?? Start);
            }
        }
    }

    /// <summary>Keeps the weights at the end of a phase, or at the start of the run, if some phase returns to them.</summary>
    public void Reached(string phase = Start)
    {
        if (_phases.Contains(phase))
        {
            using var scope = NewDisposeScope();
            masks.KeepSnapshot(phase, model.State());
        }
    }

    /// <summary>Returns to earlier weights, as a phase that opens says; its masks are chosen already.</summary>
    public void ReturnTo(Rewind rewind, PlannedPhase phase)
    {
        using var scope = NewDisposeScope();
        var layers = phase.RewoundLayers;
        model.Return(masks.SnapshotOf(rewind.Phase ?? Start), layers, name => !rewind.OnlyKept ? null : masks.Masks.GetValueOrDefault(name) ?? masks.LiftedMask(name, model.Parameters[name].numel()));
        if (rewind.IsRedrawn)
        {
            masks.RedrawPruned(phase, Returned);
        }

        if (!rewind.OnlyKept)
        {
            // Pruned weights return too: nothing is left of the training that is undone.
            masks.RememberPruned(Returned);
        }

        masks.ApplyToWeights();
        optimizer.Reset();

        bool Returned(string parameter) => model.IsIn(layers, parameter);
    }
}
