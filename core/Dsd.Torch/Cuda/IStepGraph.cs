namespace Dsd.Torch;

/// <summary>Work on a device that is recorded once and then repeated as a whole, on the same memory.</summary>
internal interface IStepGraph : IDisposable
{
    /// <summary>Records work; it is not carried out.</summary>
    /// <param name="work">The work: it reads and writes memory that lives as long as the graph, and nothing of the host.</param>
    /// <exception cref="DsdException">The work cannot be recorded; the message says why. Nothing was carried out.</exception>
    void Record(Action work);

    /// <summary>True if a recording broke off in a way that libtorch does not recover from: what draws random numbers on the device would fail in this process.</summary>
    bool IsBroken { get; }

    /// <summary>Carries out the recorded work after all that was queued before; returns at once.</summary>
    void Replay();
}
