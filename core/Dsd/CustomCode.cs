namespace Dsd;

/// <summary>Calls code that is not this library's, and says whose code failed and when.</summary>
internal static class CustomCode
{
    /// <summary>Runs custom code.</summary>
    /// <param name="whose">The code, for messages, e.g. <c>"the observer"</c>.</param>
    /// <param name="when">The time, e.g. <c>"at step 3"</c>.</param>
    /// <param name="code">The code.</param>
    /// <param name="except">Further errors that pass through since they are explained elsewhere. Default null: none.</param>
    /// <param name="cancellation">The run's own token: once it is cancelled, a cancellation passes through.</param>
    /// <exception cref="CustomCodeException">The code threw an error other than a <see cref="DsdException"/>.</exception>
    public static T Run<T>(string whose, string when, Func<T> code, Func<Exception, bool>? except = null, CancellationToken cancellation = default)
    {
        try
        {
            return code();
        }
        catch (Exception e) when (e is not DsdException && !(e is OperationCanceledException && cancellation.IsCancellationRequested) && except?.Invoke(e) != true)
        {
            throw new CustomCodeException(whose, when, e);
        }
    }

    /// <inheritdoc cref="Run{T}(string, string, Func{T}, Func{Exception, bool}, CancellationToken)"/>
    public static void Run(string whose, string when, Action code, Func<Exception, bool>? except = null, CancellationToken cancellation = default) => Run(
        whose,
        when,
        () =>
        {
            code();
            return true;
        },
        except,
        cancellation);
}
