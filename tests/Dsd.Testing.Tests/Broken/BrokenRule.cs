namespace Dsd.Testing.Tests;

/// <summary>A method or loop with one fault, the law that must catch it, and its check.</summary>
internal sealed record BrokenRule(string Fault, string Law, Action Check)
{
    private LawException? _caught;

    public override string ToString() => Fault;

    /// <summary>Returns how a law caught it; it is checked once, since some faults remember their calls.</summary>
    public LawException Caught() => _caught ??= Find();

    private LawException Find()
    {
        try
        {
            Check();
        }
        catch (LawException e)
        {
            return e;
        }

        throw new InvalidOperationException($"No law caught this: {Fault}.");
    }
}
