namespace Dsd.Cli;

/// <summary>Messages to the user on standard error, on which no run depends and in which nothing controls the terminal.</summary>
internal static class Say
{
    /// <summary>Writes a line; if standard error cannot be written, e.g. since a disk is full, the line is lost and the run continues.</summary>
    public static void Line(string text)
    {
        try
        {
            Console.Error.WriteLine(Printable.Of(text));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is nowhere left to report it.
        }
    }
}
