namespace Dsd;

/// <summary>The exception for invalid user input; the message says what is wrong, where, what is allowed and how to fix it.</summary>
public class DsdException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">A complete sentence for the user.</param>
    /// <param name="innerException">The exception that caused this one, or null.</param>
    public DsdException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
