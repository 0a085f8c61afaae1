using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>A deep copy of a run at a step: weights, buffers, random state, optimiser, masks, gradients that a mask may be chosen by. Data order needs none.</summary>
internal sealed record TrainingState(
    Dictionary<string, Tensor> Model,
    Tensor RandomState,
    SessionState Session,
    double ElapsedSeconds) : IDisposable
{
    public void Dispose()
    {
        foreach (var tensor in Model.Values)
        {
            tensor.Dispose();
        }

        RandomState.Dispose();
        Session.Dispose();
    }
}
