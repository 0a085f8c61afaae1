namespace Dsd.Training;

/// <summary>Progress as one line of a terminal that is overwritten.</summary>
/// <param name="writer">The terminal.</param>
/// <param name="width">Its current width in characters. Default null: that of the console.</param>
internal sealed class TerminalLine(TextWriter writer, Func<int>? width = null) : IProgressOutput
{
    private const int UnknownWidth = 80;
    private int _shown;

    public bool IsLive => true;

    public void Show(string text)
    {
        // A text that wraps could not be overwritten.
        var room = Math.Max(1, (width ?? Width)() - 1);
        var fitting = text.Length > room ? text[..(room - 1)] + "…" : text;
        writer.Write($"\r{fitting}{new string(' ', Math.Max(0, Math.Min(room, _shown) - fitting.Length))}");
        writer.Flush();
        _shown = fitting.Length;
    }

    public void End(string text)
    {
        Show(text);
        writer.Write('\n');
        writer.Flush();
        _shown = 0;
    }

    private static int Width()
    {
        try
        {
            return Console.WindowWidth is > 1 and var columns ? columns : UnknownWidth;
        }
        catch (IOException)
        {
            return UnknownWidth;
        }
    }
}
