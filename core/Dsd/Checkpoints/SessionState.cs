using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>A deep copy of the state that a session needs to resume from a step.</summary>
internal sealed record SessionState(
    long Step,
    PlannedPhase? Phase,
    TimeSpan PhaseTime,
    List<object?[]> Optimizer,
    MaskSetState Masks,
    Dictionary<string, Tensor> Gradients) : IDisposable
{
    public void Dispose()
    {
        foreach (var tensor in Optimizer.SelectMany(o => o).OfType<Tensor>().Concat(Gradients.Values))
        {
            tensor.Dispose();
        }

        Masks.Dispose();
    }
}
