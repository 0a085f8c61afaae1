namespace Dsd.Cli;

/// <summary>Writes to standard error what a person wants to know but no run depends on.</summary>
internal static class Say
{
    /// <summary>Writes a line; where standard error cannot be written, e.g. a full disk behind it, the line is lost and the run goes on.</summary>
    public static void Line(string text)
    {
        try
        {
            Console.Error.WriteLine(text);
        }
        catch (IOException)
        {
            // There is nowhere left to say it.
        }
    }
}
