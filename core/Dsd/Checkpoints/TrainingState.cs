using Dsd.Records;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>A deep copy of a run at a step: weights, buffers, random state, optimiser, masks, gradients that a mask may be chosen by. Data order needs no state.</summary>
/// <param name="Model">Weights and buffers by name.</param>
/// <param name="RandomState">The state of libtorch's random generator on the CPU.</param>
/// <param name="Session">The session's own state.</param>
/// <param name="ElapsedSeconds">The duration of the run so far.</param>
/// <param name="ComputedOtherwise">The layers already reported as computed otherwise than requested; a resumed run does not repeat them.</param>
/// <param name="Losses">The losses seen so far, by which a divergence is recognised.</param>
/// <param name="LeftOut">The training examples excluded so far.</param>
/// <param name="UsesOneDnn">False if a layer's kernel was found wrong, so that all are computed otherwise. Default true.</param>
internal sealed record TrainingState(
    Dictionary<string, Tensor> Model,
    Tensor RandomState,
    SessionState Session,
    double ElapsedSeconds,
    ValueList<string> ComputedOtherwise,
    LossesSeen Losses,
    ValueList<DataProblem> LeftOut,
    bool UsesOneDnn = true) : IDisposable
{
    private string? _hash;

    /// <summary>The hash of weights, optimiser and random state, computed once: states with the same one give the same training.</summary>
    public string Hash => _hash ??= CheckpointHash.Of(this);

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
