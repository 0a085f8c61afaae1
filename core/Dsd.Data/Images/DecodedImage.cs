using System.Buffers;

namespace Dsd.Data;

/// <summary>The pixels of an image, row by row: red, green, blue and one unused byte each, 0 to 255.</summary>
internal sealed class DecodedImage : IDisposable
{
    /// <summary>The number of bytes of a pixel.</summary>
    public const int PixelBytes = 4;

    private byte[]? _pixels;

    /// <summary>Allocates an image; its bytes are undefined at first.</summary>
    public DecodedImage(int width, int height)
    {
        Width = width;
        Height = height;
        _pixels = ArrayPool<byte>.Shared.Rent(checked(PixelBytes * width * height));
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
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }
}
