namespace Dsd;

/// <summary>The exception for diverged training: a loss or a weight is no longer finite.</summary>
public sealed class DivergedException : DsdException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is not finite, where, and a possible fix.</param>
    public DivergedException(string message)
        : base(message)
    {
    }
}
