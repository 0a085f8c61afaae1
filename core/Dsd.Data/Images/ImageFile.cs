using System.Runtime.InteropServices;
using SkiaSharp;

namespace Dsd.Data;

/// <summary>An image file in memory, its header read: JPEG, PNG, WebP, GIF (its first picture) or BMP, told by its content.</summary>
/// <remarks>
/// Colours are taken as they stand in the file: profiles (ICC, gamma) are ignored, greys become equal red, green and blue, CMYK is
/// turned into RGB by the plain product. A note that the picture was taken on its side (EXIF) is ignored too. The usual recipes
/// for ImageNet do the same. What is transparent is laid over white.
/// </remarks>
internal sealed class ImageFile : IDisposable
{
    /// <summary>The most pixels that an image may have: 2²⁶, 67 million; the largest of ImageNet has 61 million.</summary>
    public const int MostPixels = 1 << 26;

    /// <summary>The most pixels along a side: 65,535, as in JPEG.</summary>
    public const int LongestSide = ushort.MaxValue;

    private readonly GCHandle _pin;
    private readonly SKData _data;
    private readonly SKCodec _codec;

    private ImageFile(GCHandle pin, SKData data, SKCodec codec) => (_pin, _data, _codec) = (pin, data, codec);

    /// <summary>Columns in full size.</summary>
    public int Width => _codec.Info.Width;

    /// <summary>Rows in full size.</summary>
    public int Height => _codec.Info.Height;

    /// <summary>Reads the header of a file; its bytes must not change until this is disposed of.</summary>
    /// <exception cref="UnreadableImageException">It is none of these formats, is damaged, or has too many pixels.</exception>
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
            codec = SKCodec.Create(data) ?? throw new UnreadableImageException("it is no JPEG, PNG, WebP, GIF or BMP image, or its header is damaged");
            if (((long)codec.Info.Width * codec.Info.Height is var pixels && pixels is < 1 or > MostPixels) || Math.Max(codec.Info.Width, codec.Info.Height) > LongestSide)
            {
                throw new UnreadableImageException(FormattableString.Invariant($"it has {codec.Info.Width}×{codec.Info.Height} pixels; 1 to {MostPixels} are decoded, no more than {LongestSide} a side"));
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

    /// <summary>The size nearest to a fraction of the full size in which the file can be decoded at less cost: JPEG in eighths, others in full size.</summary>
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

    /// <summary>Decodes the file in a size that <see cref="ScaledSize"/> gave.</summary>
    /// <exception cref="UnreadableImageException">The file is damaged or cut off.</exception>
    public DecodedImage Decode(int width, int height)
    {
        var image = new DecodedImage(width, height);
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

    /// <summary>Lets go of the file.</summary>
    public void Dispose()
    {
        _codec.Dispose();
        _data.Dispose();
        _pin.Free();
    }
}
