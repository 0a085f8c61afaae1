namespace Dsd.Cli;

/// <summary>A command that began its work and could not finish it, through no fault of its input: exit code 1.</summary>
/// <param name="message">What happened, where the work so far is, and how to go on.</param>
/// <param name="cause">The cause, or null.</param>
internal sealed class FailedException(string message, Exception? cause = null) : DsdException(message, cause);
