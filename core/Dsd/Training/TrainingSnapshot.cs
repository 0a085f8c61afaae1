using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A deep copy of a run at a step: weights, buffers, random state, optimiser, masks, gradients that a mask may be chosen by. Data order needs none.</summary>
internal sealed record TrainingSnapshot(
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
