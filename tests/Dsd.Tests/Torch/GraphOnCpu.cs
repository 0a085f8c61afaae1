using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>A graph that carries the recorded work out whenever it is replayed.</summary>
/// <param name="refuses">True to record nothing, as where something in the work waits.</param>
internal sealed class GraphOnCpu(bool refuses = false) : IStepGraph
{
    private Action? _work;

    public bool IsBroken => false;

    public int Replays { get; private set; }

    public void Record(Action work) => _work = refuses ? throw new DsdException("it waits.") : work;

    public void Replay()
    {
        Replays++;
        _work!();
    }

    public void Dispose() => _work = null;
}
