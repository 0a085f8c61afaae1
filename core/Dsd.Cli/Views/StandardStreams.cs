using System.Runtime.InteropServices;
using System.Text;

namespace Dsd.Cli;

/// <summary>Standard output and error of the command, on which no run depends: one that is closed, or whose terminal was closed, takes nothing and says nothing.</summary>
internal static partial class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;

    // Tables and JSON contain characters that the code pages of Windows lack.
    private static readonly UTF8Encoding s_encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Sets both up; the first thing that the command does.</summary>
    public static void Open()
    {
        Console.OutputEncoding = s_encoding;
        if (!OperatingSystem.IsWindows())
        {
            Console.SetOut(Writer(Output, Console.OpenStandardOutput, Console.IsOutputRedirected));
            Console.SetError(Writer(Error, Console.OpenStandardError, Console.IsErrorRedirected));
        }

        Console.SetOut(new PrintableWriter(Console.Out));
    }

    private static TextWriter Writer(int descriptor, Func<Stream> open, bool isRedirected) => TextWriter.Synchronized(new StreamWriter(
        IsInherited(descriptor) ? isRedirected ? open() : new TerminalStream(open()) : Stream.Null,
        s_encoding)
    { AutoFlush = true });

    /// <summary>True if a descriptor was open when the process started. If not, the runtime has given its number to a file of its own, which is to be closed on exec; an inherited one cannot be.</summary>
    private static bool IsInherited(int descriptor) => DescriptorFlags(descriptor, GetDescriptorFlags) is >= 0 and var flags && (flags & CloseOnExec) == 0;

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int DescriptorFlags(int descriptor, int command);
}
