using System.Runtime.InteropServices;

namespace Dsd.Cli;

/// <summary>Makes a write beyond the account's limit on file sizes fail like one on a full disk, rather than end the process.</summary>
internal static class FileSizeLimit
{
    // SIGXFSZ on Linux and macOS, which .NET does not name and which ends the process by default.
    private const PosixSignal Exceeded = (PosixSignal)25;

    // Kept until the process ends: a signal may be handled well after the write that caused it.
    private static PosixSignalRegistration? s_registration;

    /// <summary>Takes effect for the whole process; before the first file is written.</summary>
    public static void FailWrites() =>
        s_registration ??= OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(Exceeded, context => context.Cancel = true);
}
