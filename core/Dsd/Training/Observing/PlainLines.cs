namespace Dsd.Training;

/// <summary>Progress as lines, for files, pipes and logs.</summary>
internal sealed class PlainLines(TextWriter writer) : IProgressOutput
{
    public bool IsLive => false;

    public void Show(string text)
    {
        writer.Write($"{text}\n");
        writer.Flush();
    }

    public void End(string text) => Show(text);
}
