namespace Dsd;

/// <summary>The exception for diverged training: a loss, a gradient or a weight is no longer finite.</summary>
public sealed class DivergedException : DsdException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is not finite, where, and a possible fix.</param>
    /// <param name="step">The step at which it was noticed, from 0. Default null: it belongs to none.</param>
    /// <param name="parameter">The full name of the parameter that, or whose gradient, is not finite. Default null: it is a loss or a score.</param>
    public DivergedException(string message, long? step = null, string? parameter = null)
        : base(message)
    {
        (Step, Parameter) = (step, parameter);
    }

    /// <summary>The step at which it was noticed, from 0; null if it belongs to none.</summary>
    public long? Step { get; }

    /// <summary>The full name of the parameter that, or whose gradient, is not finite; null for a loss or a score.</summary>
    public string? Parameter { get; }
}
