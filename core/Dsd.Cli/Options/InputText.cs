namespace Dsd.Cli;

/// <summary>Reads the text of a file named by the user, or of a pipe that the shell opened in its place.</summary>
internal static class InputText
{
    /// <summary>Reads an existing file.</summary>
    /// <param name="name">The name of the file in messages, e.g. <c>"--schedule FILE"</c>.</param>
    /// <param name="path">The file.</param>
    /// <param name="what">The kind of content, e.g. <c>"schedule"</c>.</param>
    /// <param name="megabytes">The maximum length, in units of 1,048,576 characters.</param>
    /// <exception cref="DsdException">The file cannot be read, or is too long.</exception>
    public static string Read(string name, string path, string what, int megabytes)
    {
        try
        {
            using var reader = new StreamReader(InputFile.OpenText(path));
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
