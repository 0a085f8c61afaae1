using Dsd.Masks;
using Dsd.Plans;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>A <see cref="Session"/> as a loop that the laws of training drive.</summary>
public sealed class SessionLoop : IResumableLoop
{
    private readonly Session _session;

    /// <summary>Creates a session.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">The optimiser of its parameters.</param>
    /// <param name="methods">The custom methods that the plan's schedule names.</param>
    /// <param name="seed">The seed of the run.</param>
    public SessionLoop(Plan plan, nn.Module model, optim.Optimizer optimizer, MaskMethods methods, long seed) =>
        _session = new Session(plan, model, optimizer, methods: methods, seed: seed);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, BitMask> Masks => _session.Masks.Masks;

    /// <inheritdoc/>
    public bool BeginStep() => _session.BeginStep();

    /// <inheritdoc/>
    public void MaskGradients() => _session.MaskGradients();

    /// <inheritdoc/>
    public void EndStep() => _session.EndStep();

    /// <inheritdoc/>
    public void Save(string path) => _session.Save(path);

    /// <inheritdoc/>
    public void Load(string path) => _session.Load(path);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
