namespace Dsd.Cli;

/// <summary>Several things that were given cannot be used; each is a message of its own.</summary>
internal sealed class BadInputException(IReadOnlyList<string> problems) : DsdException(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems => problems;
}
