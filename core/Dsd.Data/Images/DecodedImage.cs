using System.Buffers;

namespace Dsd.Data;

/// <summary>The pixels of an image, row by row: red, green, blue and one unused byte each, 0 to 255.</summary>
internal sealed class DecodedImage : IDisposable
{
    /// <summary>The number of bytes of a pixel.</summary>
    public const int PixelBytes = 4;

    /// <summary>The largest number of pixels of an image that counts as small: 2²², 16 MiB. The pool keeps an array of its size for each thread.</summary>
    public const int MostSmallPixels = 1 << 22;

    /// <summary>The pixels of a large image that was disposed of, for the next one: arrays that wait for a collection would fill the memory.</summary>
    private static readonly WeakReference<byte[]> s_spare = new([]);

    private readonly IDisposable? _lease;
    private byte[]? _pixels;

    /// <summary>Allocates an image; its bytes are undefined at first.</summary>
    /// <param name="width">The width in pixels.</param>
    /// <param name="height">The height in pixels.</param>
    /// <param name="lease">Disposed of with the image, or null. Default null.</param>
    public DecodedImage(int width, int height, IDisposable? lease = null)
    {
        Width = width;
        Height = height;
        var bytes = checked(PixelBytes * width * height);
        _pixels = IsSmall ? ArrayPool<byte>.Shared.Rent(bytes) : Spare(bytes) ?? GC.AllocateUninitializedArray<byte>(bytes);
        _lease = lease;
    }

    /// <summary>The width in pixels.</summary>
    public int Width { get; }

    /// <summary>The height in pixels.</summary>
    public int Height { get; }

    /// <summary>The box of the whole image.</summary>
    public CropBox All => new(0, 0, Width, Height);

    /// <summary>The bytes; the array may be longer than the image.</summary>
    public byte[] Bytes => _pixels ?? throw new ObjectDisposedException(nameof(DecodedImage));

    /// <summary>Decodes a whole image file.</summary>
    /// <exception cref="UnreadableImageException">The image cannot be decoded.</exception>
    public static DecodedImage Read(ReadOnlyMemory<byte> file)
    {
        using var image = ImageFile.Open(file);
        return image.Decode(image.Width, image.Height);
    }

    /// <summary>Copies one image of a split: grey values become red, and the other channels 0.</summary>
    public static DecodedImage From(ImageSplit part, int index)
    {
        var image = new DecodedImage(part.Width, part.Height);
        var bytes = image.Bytes.AsSpan(0, PixelBytes * part.Width * part.Height);
        bytes.Clear();
        var source = part.Image(index);
        var plane = part.Width * part.Height;
        for (var channel = 0; channel < Math.Min(3, part.Channels); channel++)
        {
            for (var i = 0; i < plane; i++)
            {
                bytes[(PixelBytes * i) + channel] = source[(channel * plane) + i];
            }
        }

        return image;
    }

    /// <summary>Writes the red, green and blue planes.</summary>
    public void WritePlanes(Span<byte> planes)
    {
        var (bytes, plane) = (Bytes, Width * Height);
        for (var i = 0; i < plane; i++)
        {
            planes[i] = bytes[PixelBytes * i];
            planes[plane + i] = bytes[(PixelBytes * i) + 1];
            planes[(2 * plane) + i] = bytes[(PixelBytes * i) + 2];
        }
    }

    private static byte[]? Spare(int bytes)
    {
        lock (s_spare)
        {
            if (s_spare.TryGetTarget(out var spare) && spare.Length >= bytes)
            {
                s_spare.SetTarget([]);
                return spare;
            }

            return null;
        }
    }

    private bool IsSmall => (long)Width * Height <= MostSmallPixels;

    /// <summary>Composites the image over white, using its fourth byte as opacity.</summary>
    public void LayOverWhite()
    {
        var bytes = Bytes.AsSpan(0, PixelBytes * Width * Height);
        for (var i = 0; i < bytes.Length; i += PixelBytes)
        {
            int alpha = bytes[i + 3];
            if (alpha < byte.MaxValue)
            {
                for (var channel = i; channel < i + 3; channel++)
                {
                    bytes[channel] = (byte)(((bytes[channel] * alpha) + (byte.MaxValue * (byte.MaxValue - alpha)) + (byte.MaxValue / 2)) / byte.MaxValue);
                }
            }
        }
    }

    /// <summary>Returns the memory to the pool.</summary>
    public void Dispose()
    {
        if (_pixels is { } pixels)
        {
            _pixels = null;
            if (IsSmall)
            {
                ArrayPool<byte>.Shared.Return(pixels);
            }
            else
            {
                lock (s_spare)
                {
                    s_spare.SetTarget(pixels);
                }
            }

            _lease?.Dispose();
        }
    }
}
