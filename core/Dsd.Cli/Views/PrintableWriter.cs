using System.Text;

namespace Dsd.Cli;

/// <summary>Standard output of the command, on which nothing from a file can control the terminal.</summary>
/// <param name="target">The writer of the console.</param>
internal sealed class PrintableWriter(TextWriter target) : TextWriter
{
    public override Encoding Encoding => target.Encoding;

    public override void Write(char value) => target.Write(Printable.Of(value.ToString()));

    public override void Write(string? value) => target.Write(value is null ? null : Printable.Of(value));

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void WriteLine(string? value) => Write(value + target.NewLine);

    public override void Flush() => target.Flush();
}
