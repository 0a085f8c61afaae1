namespace Dsd.Cli;

/// <summary>The text of a file that the user names, or of a pipe that stands for one.</summary>
internal static class InputText
{
    /// <summary>Reads a file that is there.</summary>
    /// <param name="name">How messages call the file, e.g. <c>"--schedule FILE"</c>.</param>
    /// <param name="path">The file.</param>
    /// <param name="what">What it holds, e.g. <c>"schedule"</c>.</param>
    /// <param name="megabytes">How long such a text can be, in millions (binary) of characters.</param>
    /// <exception cref="DsdException">The file cannot be read, or is longer.</exception>
    public static string Read(string name, string path, string what, int megabytes)
    {
        try
        {
            using var reader = new StreamReader(path);
            var text = new char[(megabytes << 20) + 1];
            var length = reader.ReadBlock(text);
            return length < text.Length
                ? new string(text, 0, length)
                : throw new DsdException(FormattableString.Invariant($"{name}: longer than {megabytes} MB, which no {what} is."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"{name}: the file cannot be read ({e.Message.TrimEnd('.')}).", e);
        }
    }
}
