using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>A session's exclusive claim on its optimiser and on the parameters that both train: no two sessions claim the same at the same time.</summary>
internal sealed unsafe class ModelClaim : IDisposable
{
    private static readonly Lock s_lock = new();
    private static readonly List<WeakReference<ModelClaim>> s_claims = [];

    // The address of each parameter when it was claimed. Another session's parameters may be freed on another thread at any time, so
    // only their handles are compared and never dereferenced; the memory of a freed parameter may have been reused.
    private readonly List<(nint Address, string Name, Parameter Parameter)> _memory;

    private readonly optim.Optimizer _optimizer;

    /// <summary>Claims an optimiser, its parameters, and those of a model that need a gradient.</summary>
    /// <param name="parameters">The model's parameters by name.</param>
    /// <param name="optimizer">The optimiser.</param>
    /// <param name="trained">The optimiser's parameters, of which some may be beyond the model.</param>
    /// <exception cref="DsdException">Another session that is neither finished nor disposed has one of them.</exception>
    public ModelClaim(IReadOnlyDictionary<string, Parameter> parameters, optim.Optimizer optimizer, IEnumerable<Parameter> trained)
    {
        _optimizer = optimizer;
        var beyond = trained.Select((p, i) => KeyValuePair.Create(FormattableString.Invariant($"{i} of the optimiser (from 0)"), p));
        _memory = [.. parameters.Concat(beyond)
            .Where(p => !p.Value.IsInvalid && p.Value.requires_grad && p.Value.numel() > 0)
            .Select(p => (Address: (nint)TensorMemory.Of(p.Value), p.Key, p.Value))
            .DistinctBy(p => p.Address)];
        lock (s_lock)
        {
            s_claims.RemoveAll(c => !c.TryGetTarget(out _));
            var mine = _memory.ToDictionary(m => m.Address, m => m.Name);
            foreach (var claim in s_claims)
            {
                if (claim.TryGetTarget(out var owner) && owner._optimizer == optimizer)
                {
                    throw new DsdException(
                        $"The optimiser {optimizer.GetType().Name} is used by another session already. Two sessions at once would set its rate and its masks against each other: finish or dispose the other one first, or give each an optimiser of its own.");
                }

                if (claim.TryGetTarget(out var other) && other._memory.FirstOrDefault(m => mine.ContainsKey(m.Address) && !m.Parameter.IsInvalid) is { Name: not null } shared)
                {
                    var name = mine[shared.Address];
                    throw new DsdException(
                        $"The parameter {name} is trained by another session already{(shared.Name == name ? "" : $", where it is called {shared.Name}")}. Two sessions at once would set its rate and its mask against each other: finish or dispose the other one first, or give each a model of its own.");
                }
            }

            s_claims.Add(new WeakReference<ModelClaim>(this));
        }
    }

    /// <summary>Releases the parameters.</summary>
    public void Dispose()
    {
        lock (s_lock)
        {
            s_claims.RemoveAll(c => !c.TryGetTarget(out var claim) || claim == this);
        }
    }
}
