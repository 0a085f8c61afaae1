namespace Dsd.Cli;

/// <summary>The exit codes of the command besides 0, success.</summary>
internal static class ExitCode
{
    public const int Failed = 1;
    public const int BadInput = 2;
    public const int Interrupted = 130;
}
