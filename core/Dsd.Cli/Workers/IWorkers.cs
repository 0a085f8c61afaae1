namespace Dsd.Cli;

/// <summary>The workers of a study as the command that waits for them sees them, wherever they run.</summary>
internal interface IWorkers : IDisposable
{
    /// <summary>The sentences of workers about how they train, and about those that were lost, each once.</summary>
    IReadOnlyList<string> Said { get; }

    /// <summary>Where they are, in a few words; empty for workers of this machine.</summary>
    string State { get; }

    /// <summary>True if any worker is running or will; lost ones are replaced first.</summary>
    bool IsWorking();

    /// <summary>Creates the exception for workers that have all ended too early: invalid input if each refused it, or else a failure.</summary>
    DsdException Ended();
}
