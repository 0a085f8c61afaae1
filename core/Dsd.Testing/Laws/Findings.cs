namespace Dsd.Testing;

/// <summary>The outcome of the laws on one case: which of them applied, and the first that does not hold.</summary>
internal sealed class Findings
{
    private readonly HashSet<string> _applied = [];

    /// <summary>The laws that the case put to the test.</summary>
    public IReadOnlyCollection<string> Applied => _applied;

    /// <summary>The first law that does not hold; null if all do.</summary>
    public (string Law, string Expected, string Got, Exception? Cause)? Broken { get; private set; }

    /// <summary>Notes that a law holds on this case, or that it does not.</summary>
    /// <returns>True if it holds.</returns>
    public bool Check(string law, bool holds, Func<string> expected, Func<string> got)
    {
        _applied.Add(law);
        if (!holds)
        {
            Break(law, expected(), got());
        }

        return holds;
    }

    /// <summary>Calls the user's code; an exception breaks a law.</summary>
    /// <returns>True if it returned.</returns>
    public bool Try(string law, string expected, Action call)
    {
        _applied.Add(law);
        try
        {
            call();
            return true;
        }
        catch (Exception e) when (e is not LawException)
        {
            Break(law, expected, $"{e.GetType().Name}: {e.Message}", e);
            return false;
        }
    }

    private void Break(string law, string expected, string got, Exception? cause = null) => Broken ??= (law, expected, got, cause);
}
