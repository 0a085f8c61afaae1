namespace Dsd.Testing.Tests;

/// <summary>A method or loop with one fault, the law that must catch it, and its check.</summary>
internal sealed record BrokenRule(string Fault, string Law, Action Check)
{
    public override string ToString() => Fault;

    /// <summary>Returns how a law caught it.</summary>
    public LawException Caught()
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
