namespace Dsd;

/// <summary>Something the user gave cannot be used; the message says what, where, what is allowed and how to mend it.</summary>
public class DsdException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">A complete sentence for the user.</param>
    /// <param name="innerException">The cause, if another exception was.</param>
    public DsdException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
