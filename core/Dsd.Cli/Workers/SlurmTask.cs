namespace Dsd.Cli;

/// <summary>A task of a job array in Slurm's queue: one worker.</summary>
/// <param name="Job">The id of the array.</param>
/// <param name="Index">The task's place in the array, from 1.</param>
/// <param name="State">Slurm's word for its state, such as RUNNING.</param>
/// <param name="Reason">Why it waits, such as Resources; None if it does not.</param>
internal sealed record SlurmTask(string Job, int Index, string State, string Reason)
{
    /// <summary>The name that Slurm's programs take.</summary>
    public string Name => FormattableString.Invariant($"{Job}_{Index}");

    /// <summary>True of the same task in any state.</summary>
    public bool IsThat(SlurmTask other) => (Job, Index) == (other.Job, other.Index);
}
