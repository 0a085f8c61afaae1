namespace Dsd.Training;

/// <summary>The effect of one arm's failure on the others.</summary>
internal enum FailureRule
{
    /// <summary>
    /// Any exception ends every arm that has started: as cancelled if it is a cancellation of the run, after which the runner returns; otherwise as
    /// failed, and the exception is rethrown. For arms that are of use only together.
    /// </summary>
    EndAll,

    /// <summary>
    /// A training error (a <see cref="DsdException"/> or an error of libtorch) ends that arm as failed, or all arms if the shared phases
    /// failed, and the next arm continues. Any other exception, including a cancellation and an error of custom code, is thrown and ends no record: the caller drops unfinished ones.
    /// </summary>
    GoOn,
}
