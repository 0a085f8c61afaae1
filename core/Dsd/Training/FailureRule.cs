namespace Dsd.Training;

/// <summary>How arms go on when one of them fails.</summary>
internal enum FailureRule
{
    /// <summary>
    /// Whatever is thrown ends every arm that has begun: as cancelled where it is a cancellation, after which the runner returns; as
    /// failed otherwise, and the error is thrown. For arms that are worth something together only.
    /// </summary>
    EndAll,

    /// <summary>
    /// What training cannot do (a <see cref="DsdException"/>, an error of libtorch) ends that arm as failed, or all where the shared phases
    /// failed, and the next goes on. Anything else, a cancellation too, is thrown and ends no record: the caller drops what is not finished.
    /// </summary>
    GoOn,
}
