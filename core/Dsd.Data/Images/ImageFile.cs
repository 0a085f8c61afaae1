using System.Runtime.InteropServices;
using SkiaSharp;

namespace Dsd.Data;

/// <summary>An image file in memory, whose header has been read: JPEG, PNG, WebP, GIF (its first frame) or BMP, detected by content.</summary>
/// <remarks>
/// Colours are used as stored: profiles (ICC, gamma) are ignored, greys become equal red, green and blue, CMYK is
/// converted to RGB by the plain product. The EXIF orientation is ignored too. The usual recipes
/// for ImageNet do the same. Transparent pixels are composited over white.
/// </remarks>
internal sealed class ImageFile : IDisposable
{
    /// <summary>The largest number of pixels of an image: 2²⁶, 67 million; the largest of ImageNet has 61 million.</summary>
    public const int MostPixels = 1 << 26;

    /// <summary>The largest number of pixels along a side: 65,535, as in JPEG.</summary>
    public const int LongestSide = ushort.MaxValue;

    /// <summary>Of all images of more than 2²² pixels that are decoded at once, by any number of threads: as many pixels as one may have.</summary>
    private static readonly PixelBudget s_large = new(MostPixels);

    private readonly GCHandle _pin;
    private readonly SKData _data;
    private readonly SKCodec _codec;

    private ImageFile(GCHandle pin, SKData data, SKCodec codec) => (_pin, _data, _codec) = (pin, data, codec);

    /// <summary>The full width in pixels.</summary>
    public int Width => _codec.Info.Width;

    /// <summary>The full height in pixels.</summary>
    public int Height => _codec.Info.Height;

    /// <summary>Reads the header of a file; its bytes must not change until this is disposed of.</summary>
    /// <exception cref="UnreadableImageException">The format is unknown, the file is damaged, or the image has too many pixels.</exception>
    public static ImageFile Open(ReadOnlyMemory<byte> file)
    {
        if (file.IsEmpty)
        {
            throw new UnreadableImageException("the file is empty");
        }

        if (!MemoryMarshal.TryGetArray(file, out var bytes))
        {
            bytes = file.ToArray();
        }

        var pin = GCHandle.Alloc(bytes.Array, GCHandleType.Pinned);
        SKData? data = null;
        SKCodec? codec = null;
        try
        {
            data = SKData.Create(pin.AddrOfPinnedObject() + bytes.Offset, bytes.Count);
            codec = SKCodec.Create(data) ?? throw new UnreadableImageException("it is not a JPEG, PNG, WebP, GIF or BMP image, or its header is damaged");
            if (((long)codec.Info.Width * codec.Info.Height is var pixels && pixels is < 1 or > MostPixels) || Math.Max(codec.Info.Width, codec.Info.Height) > LongestSide)
            {
                throw new UnreadableImageException(FormattableString.Invariant($"it has {codec.Info.Width}×{codec.Info.Height} pixels; 1 to {MostPixels} are allowed, at most {LongestSide} per side"));
            }

            return new(pin, data, codec);
        }
        catch
        {
            codec?.Dispose();
            data?.Dispose();
            pin.Free();
            throw;
        }
    }

    /// <summary>Finds the decoding size nearest to a fraction of the full size: JPEG in eighths, other formats only in full size.</summary>
    /// <param name="scale">The fraction wanted, above 0 and up to 1.</param>
    /// <returns>A size of at least that fraction.</returns>
    public (int Width, int Height) ScaledSize(double scale)
    {
        for (var eighths = Math.Max(1, (int)Math.Ceiling(8 * scale)); eighths < 8; eighths++)
        {
            var size = _codec.GetScaledDimensions(eighths / 8f);
            if (size.Width >= scale * Width && size.Height >= scale * Height)
            {
                return (size.Width, size.Height);
            }
        }

        return (Width, Height);
    }

    /// <summary>Decodes the file at a size returned by <see cref="ScaledSize"/>.</summary>
    /// <exception cref="UnreadableImageException">The file is damaged or truncated.</exception>
    public DecodedImage Decode(int width, int height)
    {
        // Before decoding: libpng and others need whole images of their own, up to 16 bits a channel.
        var pixels = Math.Max((long)width * height, (long)Width * Height);
        var lease = pixels > DecodedImage.MostSmallPixels ? s_large.Take(pixels) : null;
        DecodedImage image;
        try
        {
            image = new DecodedImage(width, height, lease);
        }
        catch
        {
            lease?.Dispose();
            throw;
        }

        var pin = GCHandle.Alloc(image.Bytes, GCHandleType.Pinned);
        try
        {
            var result = _codec.GetPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), pin.AddrOfPinnedObject());
            if (result != SKCodecResult.Success)
            {
                throw new UnreadableImageException(result == SKCodecResult.IncompleteInput ? "it is cut off" : $"it is damaged ({result})");
            }
        }
        catch
        {
            image.Dispose();
            throw;
        }
        finally
        {
            pin.Free();
        }

        if (_codec.Info.AlphaType != SKAlphaType.Opaque)
        {
            image.LayOverWhite();
        }

        return image;
    }

    /// <summary>Releases the file.</summary>
    public void Dispose()
    {
        _codec.Dispose();
        _data.Dispose();
        _pin.Free();
    }
}
