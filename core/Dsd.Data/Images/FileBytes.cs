using System.Buffers;

namespace Dsd.Data;

/// <summary>The content of a file, in pooled memory.</summary>
internal sealed class FileBytes : IDisposable
{
    private const long MostBytes = 1L << 28;
    private readonly int _length;
    private byte[]? _bytes;

    private FileBytes(byte[] bytes, int length) => (_bytes, _length) = (bytes, length);

    /// <summary>The content.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, _length);

    /// <summary>Reads a file.</summary>
    /// <exception cref="UnreadableImageException">It is missing, may not be read, or is too large.</exception>
    public static FileBytes Read(string path)
    {
        byte[]? bytes = null;
        try
        {
            InputFile.Check(path);
            using var file = File.OpenHandle(path);
            var length = RandomAccess.GetLength(file);
            if (length > MostBytes)
            {
                throw new UnreadableImageException($"the file has {length} bytes; at most {MostBytes} are read");
            }

            bytes = ArrayPool<byte>.Shared.Rent((int)length);
            var done = 0;
            for (int read; done < length && (read = RandomAccess.Read(file, bytes.AsSpan(done, (int)length - done), done)) > 0;)
            {
                done += read;
            }

            return new(bytes, done);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (bytes is not null)
            {
                ArrayPool<byte>.Shared.Return(bytes);
            }

            throw new UnreadableImageException(e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "the file does not exist",
                UnauthorizedAccessException => "the file may not be read",
                _ => e.Message.TrimEnd('.'),
            });
        }
    }

    /// <summary>Returns the memory to the pool.</summary>
    public void Dispose()
    {
        if (_bytes is { } bytes)
        {
            _bytes = null;
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
