namespace Dsd.Cli;

/// <summary>The exception for several problems of the input, each with a message of its own.</summary>
internal sealed class BadInputException(IReadOnlyList<string> problems) : DsdException(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems => problems;
}
