namespace Dsd.Schedules;

/// <summary>Checks the names under which users give mask methods.</summary>
internal static class CustomName
{
    /// <summary>The name itself, if it is one.</summary>
    /// <exception cref="ArgumentException">It is empty, or that of a method that is built in.</exception>
    public static string Of(string name, params ReadOnlySpan<string> builtIn)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return builtIn.Contains(name)
            ? throw new ArgumentException($"'{name}' is built in; give your own method another name.", nameof(name))
            : name;
    }
}
