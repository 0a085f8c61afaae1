namespace Dsd.Data;

/// <summary>A reader of feature files: NumPy, MATLAB or safetensors, by extension.</summary>
internal static class FeatureFile
{
    /// <summary>The largest number of values in a file: 2^30, about 250,000 features of 4096.</summary>
    public const int MostNumbers = 1 << 30;

    /// <summary>Opens and reads a file, and reports one that is missing or unreadable.</summary>
    /// <exception cref="DsdException">The file is missing or unreadable.</exception>
    public static T Opened<T>(string path, string kind, Func<FileStream, T> read)
    {
        try
        {
            using var file = InputFile.Open(path, FileOptions.SequentialScan);
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

    /// <summary>Computes the product of two sizes.</summary>
    /// <exception cref="DsdException">A size is below 1, or the product is above <see cref="MostNumbers"/>.</exception>
    public static int CheckedCount(long rows, long columns, string path) =>
        rows >= 1 && columns >= 1 && (Int128)rows * columns <= MostNumbers ? (int)(rows * columns) : throw new DsdException(
            FormattableString.Invariant($"The file '{path}' announces {rows}×{columns} values; 1×1 to {MostNumbers} in total are allowed."));

    public static DsdException Damaged(string path, string kind, string what, Exception? cause = null) =>
        new($"The file '{path}' is not a complete {kind} file with a matrix: {what}. Save or copy it again.", cause);
}
