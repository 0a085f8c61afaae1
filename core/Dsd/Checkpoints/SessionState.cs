using Dsd.Masks;
using Dsd.Optimizers;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>A deep copy of the state that a session needs to resume from a step.</summary>
/// <param name="Step">The finished steps.</param>
/// <param name="Phase">The index of the phase of the last one; null before the first.</param>
/// <param name="PhaseTime">The duration of that phase so far.</param>
/// <param name="Rollbacks">The number of rollbacks so far; each halves the rates that follow.</param>
/// <param name="Optimizer">The optimiser's state of each parameter, in the optimiser's order.</param>
/// <param name="Masks">The masks, the values that pruned weights had, and what criteria and updates remember.</param>
/// <param name="Gradients">The gradients by which masks may be chosen before the next step, by parameter.</param>
/// <param name="WithGradient">The parameters that have a gradient, if only of zeros: TorchSharp's optimisers move those by momentum and decay, and no others. Default null: unknown.</param>
internal sealed record SessionState(
    long Step,
    int? Phase,
    TimeSpan PhaseTime,
    int Rollbacks,
    IReadOnlyList<ParameterState> Optimizer,
    MaskSetState Masks,
    Dictionary<string, Tensor> Gradients,
    ValueList<string>? WithGradient = null) : IDisposable
{
    public void Dispose()
    {
        foreach (var tensor in Optimizer.SelectMany(o => o.Fields.Values).OfType<Tensor>().Concat(Gradients.Values))
        {
            tensor.Dispose();
        }

        Masks.Dispose();
    }
}
