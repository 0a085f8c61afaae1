namespace Dsd;

/// <summary>The exception for an error in code that is not this library's: an observer, a task, a criterion, an update or a step hook.</summary>
internal sealed class CustomCodeException : DsdException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="whose">The code, e.g. <c>"the observer"</c>.</param>
    /// <param name="when">The time, e.g. <c>"at step 3"</c>.</param>
    /// <param name="error">The error that it threw.</param>
    /// <remarks>Only the first line of its message is repeated: the rest of an error of libtorch is a stack trace.</remarks>
    public CustomCodeException(string whose, string when, Exception error)
        : base($"{char.ToUpperInvariant(whose[0])}{whose[1..]} failed {when}: {error.Message.Split('\n')[0].Trim()} ({error.GetType().Name}){Note(error)}", error)
    {
    }

    private static string Note(Exception error) => error is OperationCanceledException ? " The run itself was not cancelled." : "";
}
