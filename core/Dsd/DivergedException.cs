namespace Dsd;

/// <summary>Training has diverged: a loss or a weight is no longer finite.</summary>
public sealed class DivergedException : DsdException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is not finite, where, and what may help.</param>
    public DivergedException(string message)
        : base(message)
    {
    }
}
