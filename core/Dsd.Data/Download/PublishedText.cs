using System.Security.Cryptography;
using System.Text;

namespace Dsd.Data;

/// <summary>A text file of a published data set.</summary>
/// <param name="Path">The path it was read from, for messages.</param>
/// <param name="Bytes">Its content.</param>
internal sealed record PublishedText(string Path, byte[] Bytes) : IPublishedContent
{
    private const int MostBytes = 1 << 28;

    /// <summary>The content as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Reads a file.</summary>
    /// <exception cref="DsdException">It is missing, cannot be read, or is too large.</exception>
    public static PublishedText Read(string path)
    {
        try
        {
            InputFile.Check(path);
            var length = new FileInfo(path).Length;
            return length <= MostBytes
                ? new(path, File.ReadAllBytes(path))
                : throw new DsdException($"The file '{path}' has {length} bytes, at most {MostBytes} are allowed. Delete it and download the data set again.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DsdException($"There is no file '{path}'; a text was expected there. Check the path or download the data set again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"The file '{path}' cannot be read: {e.Message} Check that it is a file that you may read.", e);
        }
    }

    /// <inheritdoc/>
    public string Sha256() => Convert.ToHexStringLower(SHA256.HashData(Bytes));
}
