namespace Dsd.Data;

/// <summary>A file of features: NumPy's, MATLAB's or safetensors', by its name's ending.</summary>
internal static class FeatureFile
{
    /// <summary>The most numbers a file may hold: 2^30, some 250,000 features of 4096.</summary>
    public const int MostNumbers = 1 << 30;

    /// <summary>What is read from a file that may be missing or unreadable.</summary>
    /// <exception cref="DsdException">It is.</exception>
    public static T Opened<T>(string path, string kind, Func<FileStream, T> read)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            return read(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DsdException($"There is no file '{path}'; a {kind} file was expected there.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"The file '{path}' cannot be read: {e.Message} Check that it is a file that you may read.", e);
        }
    }

    /// <summary>The product of two sizes.</summary>
    /// <exception cref="DsdException">A size is below 1, or the product is above <see cref="MostNumbers"/>.</exception>
    public static int CheckedCount(long rows, long columns, string path) =>
        rows >= 1 && columns >= 1 && (Int128)rows * columns <= MostNumbers ? (int)(rows * columns) : throw new DsdException(
            FormattableString.Invariant($"The file '{path}' announces {rows}×{columns} numbers; 1×1 to {MostNumbers} in all are allowed."));

    public static DsdException Damaged(string path, string kind, string what, Exception? cause = null) =>
        new($"The file '{path}' is not a whole {kind} file of a matrix: {what}. Save or copy it again.", cause);
}
