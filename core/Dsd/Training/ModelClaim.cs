using Dsd.Native;
using TorchSharp.Modules;

namespace Dsd.Training;

/// <summary>The claim of a session on the parameters that it trains: no other has one on the same memory at the same time.</summary>
internal sealed unsafe class ModelClaim : IDisposable
{
    private static readonly Lock s_lock = new();
    private static readonly List<WeakReference<ModelClaim>> s_claims = [];

    // Compared by where they lie, at the time of the question: memory of a model that is gone may be another's by then.
    private readonly IReadOnlyDictionary<string, Parameter> _parameters;

    /// <summary>Claims the parameters that need a gradient.</summary>
    /// <param name="parameters">A model's parameters by name.</param>
    /// <exception cref="DsdException">Another session that is neither over nor disposed trains one of them.</exception>
    public ModelClaim(IReadOnlyDictionary<string, Parameter> parameters)
    {
        _parameters = parameters;
        lock (s_lock)
        {
            s_claims.RemoveAll(c => !c.TryGetTarget(out _));
            var mine = Memory().ToDictionary(m => m.Address, m => m.Name);
            foreach (var claim in s_claims)
            {
                if (claim.TryGetTarget(out var other) && other.Memory().FirstOrDefault(m => mine.ContainsKey(m.Address)) is { Name: not null } shared)
                {
                    var name = mine[shared.Address];
                    throw new DsdException(
                        $"The parameter {name} is trained by another session already{(shared.Name == name ? "" : $", where it is called {shared.Name}")}. Two sessions at once would set its rate and its mask against each other: finish or dispose the other one first, or give each a model of its own.");
                }
            }

            s_claims.Add(new WeakReference<ModelClaim>(this));
        }
    }

    /// <summary>Gives the parameters up.</summary>
    public void Dispose()
    {
        lock (s_lock)
        {
            s_claims.RemoveAll(c => !c.TryGetTarget(out var claim) || claim == this);
        }
    }

    private IEnumerable<(nint Address, string Name)> Memory() => _parameters
        .Where(p => !p.Value.IsInvalid && p.Value.requires_grad && p.Value.numel() > 0)
        .Select(p => ((nint)TensorMemory.Of(p.Value), p.Key))
        .DistinctBy(p => p.Item1);
}
