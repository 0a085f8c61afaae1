namespace Dsd.Schedules;

/// <summary>Checks the names of custom mask methods.</summary>
internal static class CustomName
{
    /// <summary>Returns the name if it is valid.</summary>
    /// <exception cref="ArgumentException">The name is empty, or that of a built-in method.</exception>
    public static string Of(string name, params ReadOnlySpan<string> builtIn)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return builtIn.Contains(name)
            ? throw new ArgumentException($"'{name}' is built in; give your own method another name.", nameof(name))
            : name;
    }
}
