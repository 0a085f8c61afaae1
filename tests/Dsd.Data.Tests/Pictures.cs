using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace Dsd.Data.Tests;

/// <summary>Image files made up for the tests.</summary>
internal static class Pictures
{
    /// <summary>A file of an image whose pixels a function gives.</summary>
    public static byte[] Encode(int width, int height, Func<int, int, SKColor> pixel, SKEncodedImageFormat format = SKEncodedImageFormat.Png, int quality = 100)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        var bytes = new byte[4 * width * height];
        for (var i = 0; i < width * height; i++)
        {
            var colour = pixel(i % width, i / width);
            (bytes[4 * i], bytes[(4 * i) + 1], bytes[(4 * i) + 2], bytes[(4 * i) + 3]) = (colour.Red, colour.Green, colour.Blue, colour.Alpha);
        }

        Marshal.Copy(bytes, 0, bitmap.GetPixels(), bytes.Length);
        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>The image of Fixtures/resize.py.</summary>
    public static SKColor Formula(int x, int y)
    {
        byte Channel(int c) => (byte)((((7 * x * x) + (13 * y * x) + (5 * y) + (31 * c * x) + (3 * (c + 1) * y * y)) % 256) & 255);
        return new(Channel(0), Channel(1), Channel(2));
    }

    public static byte[] Plain(byte red, byte green, byte blue, int size = 16) => Encode(size, size, (_, _) => new(red, green, blue));

    public static DecodedImage Decoded(int width, int height, Func<int, int, SKColor> pixel) => DecodedImage.Read(Encode(width, height, pixel));

    /// <summary>A folder of classes "a", "b" … whose images have one colour each: red says the class, green the number.</summary>
    public static void Layout(TempFolder folder, int train, int val, int classes = 3, int size = 16)
    {
        foreach (var (part, count) in new[] { ("train", train), ("val", val) })
        {
            for (var c = 0; c < classes; c++)
            {
                var path = folder[part, ((char)('a' + c)).ToString()];
                Directory.CreateDirectory(path);
                for (var i = 0; i < count; i++)
                {
                    File.WriteAllBytes(Path.Combine(path, $"{part}-{i:000}.png"), Plain((byte)(c * 10), (byte)i, 200, size));
                }
            }
        }
    }

    /// <summary>A PNG file that says it is very large and holds nothing.</summary>
    public static byte[] Bomb(int width, int height)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        Chunk(file, "IHDR"u8, header);
        using var packed = new MemoryStream();
        using (var zip = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zip.Write(new byte[1000]);
        }

        Chunk(file, "IDAT"u8, packed.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>A PNG file with another chunk after its header.</summary>
    public static byte[] WithChunk(byte[] png, ReadOnlySpan<byte> name, byte[] content)
    {
        using var file = new MemoryStream();
        file.Write(png.AsSpan(0, 33));
        Chunk(file, name, content);
        file.Write(png.AsSpan(33));
        return file.ToArray();
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> name, byte[] content)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        byte[] body = [.. name, .. content];
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        file.Write(number);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
