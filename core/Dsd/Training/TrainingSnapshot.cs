using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A deep copy of a run at a step: weights, gradients, buffers, random state, optimiser, masks. Data order needs none.</summary>
internal sealed record TrainingSnapshot(
    Dictionary<string, Tensor> Model,
    IReadOnlyList<Tensor?> Gradients,
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

        foreach (var gradient in Gradients)
        {
            gradient?.Dispose();
        }

        RandomState.Dispose();
        Session.Dispose();
    }
}
