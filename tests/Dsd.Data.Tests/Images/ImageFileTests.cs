using SkiaSharp;

namespace Dsd.Data.Tests;

public class ImageFileTests
{
    private const string Cmyk = "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJTUjI+WmFaUGBKUVJP/8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD06vMK8wr06iiiiiiiiiiiiv/Z";
    private const string GreyJpeg = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wAALCAAQABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APneiiiv/9k=";
    private const string Gif = "R0lGODdhAwACAIEAAP8AAAD/AAAA/wAAACwAAAAAAwACAAAICQABBBAgIACAgAA7";
    private const string Bmp = "Qk1GAAAAAAAAADYAAAAoAAAAAgAAAAIAAAABABgAAAAAABAAAADEDgAAxA4AAAAAAAAAAAAAHhQKHhQKAAAeFAoeFAoAAA==";
    private const string Png16 = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACEAAAAAAHTY67AAAAEklEQVR4nGMsNWBgYGJgYGAAAAW7AKksHz89AAAAAElFTkSuQmCC";

    [Theory]
    [InlineData(Cmyk, 16, 16, 255, 0, 0, 3)]
    [InlineData(GreyJpeg, 16, 16, 77, 77, 77, 1)]
    [InlineData(Gif, 3, 2, 255, 0, 0, 0)]
    [InlineData(Bmp, 2, 2, 10, 20, 30, 0)]
    [InlineData(Png16, 2, 2, 117, 117, 117, 0)]
    public void Decode_OtherKindsOfFile_GiveTheirColours(string file, int width, int height, int red, int green, int blue, int tolerance)
    {
        using var image = DecodedImage.Read(Convert.FromBase64String(file));
        Assert.Equal((width, height), (image.Width, image.Height));
        foreach (var (expected, actual) in new[] { red, green, blue }.Zip(image.Bytes))
        {
            Assert.InRange(actual, expected - tolerance, expected + tolerance);
        }
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png, 0)]
    [InlineData(SKEncodedImageFormat.Jpeg, 6)]
    [InlineData(SKEncodedImageFormat.Webp, 8)]
    public void Decode_CommonFormats_GiveThePixels(SKEncodedImageFormat format, int tolerance)
    {
        static SKColor Pixel(int x, int y) => new((byte)(4 * x), (byte)(4 * y), 100);
        using var image = DecodedImage.Read(Pictures.Encode(40, 30, Pixel, format));
        var planes = new byte[3 * 1200];
        image.WritePlanes(planes);
        for (var i = 0; i < 1200; i++)
        {
            Assert.InRange(planes[i], Math.Max(0, (4 * (i % 40)) - tolerance), (4 * (i % 40)) + tolerance);
            Assert.InRange(planes[1200 + i], Math.Max(0, (4 * (i / 40)) - tolerance), (4 * (i / 40)) + tolerance);
        }
    }

    [Theory]
    [InlineData(0, 255, 255, 255)]
    [InlineData(255, 10, 100, 200)]
    [InlineData(51, 206, 224, 244)]
    public void Decode_Transparent_LiesOverWhite(byte alpha, int red, int green, int blue)
    {
        using var image = Pictures.Decoded(2, 2, (_, _) => new(10, 100, 200, alpha));
        Assert.Equal([red, green, blue], image.Bytes.Take(3).Select(b => (int)b));
    }

    [Fact]
    public void Decode_GammaAndOrientation_AreIgnored()
    {
        // A gamma of 1.0 would make this much lighter.
        var png = Pictures.WithChunk(Pictures.Plain(60, 60, 60), "gAMA"u8, [0, 1, 0x86, 0xA0]);
        using var plain = DecodedImage.Read(png);
        Assert.Equal(60, plain.Bytes[0]);

        var jpeg = Pictures.Encode(24, 8, (x, _) => x < 12 ? SKColors.White : SKColors.Black, SKEncodedImageFormat.Jpeg);
        byte[] turned = [0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        using var image = DecodedImage.Read((byte[])[.. jpeg[..2], .. turned, .. jpeg[2..]]);
        Assert.Equal((24, 8), (image.Width, image.Height));
        Assert.True(image.Bytes[0] > 240);
    }

    [Theory]
    [InlineData(1600, 1200, 0.5, 800)]
    [InlineData(1600, 1200, 0.3, 600)]
    [InlineData(1600, 1200, 0.25, 400)]
    [InlineData(1600, 1200, 0.51, 1000)]
    [InlineData(1600, 1200, 0.01, 200)]
    [InlineData(1600, 1200, 1, 1600)]
    public void ScaledSize_Jpeg_IsAtLeastTheFraction(int width, int height, double scale, int expected)
    {
        using var file = ImageFile.Open(Pictures.Encode(width, height, (_, _) => SKColors.Red, SKEncodedImageFormat.Jpeg));
        Assert.Equal(expected, file.ScaledSize(scale).Width);
    }

    [Fact]
    public void Decode_Smaller_DiffersLittleOnceResized()
    {
        // A smooth picture: of sharp ones the two smoothings differ by more.
        static SKColor Pixel(int x, int y) => new(
            (byte)(127 + (120 * Math.Sin(x / 50.0))), (byte)(127 + (120 * Math.Cos(y / 40.0))), (byte)(127 + (120 * Math.Sin((x + y) / 60.0))));
        using var file = ImageFile.Open(Pictures.Encode(800, 600, Pixel, SKEncodedImageFormat.Jpeg, 95));
        var crop = new CropBox(80, 40, 560, 480);
        using var full = file.Decode(800, 600);
        using var half = file.Decode(400, 300);
        var (exact, quick) = (ResamplerTests.Resize(full, crop, (224, 224)), ResamplerTests.Resize(half, crop.Scaled(file, half), (224, 224)));
        Assert.InRange(exact.Zip(quick, (a, b) => Math.Abs(a - b)).Max(), 0, 4);
        Assert.InRange(exact.Zip(quick, (a, b) => Math.Abs(a - b)).Average(), 0, 0.7);
    }

    [Theory]
    [InlineData("empty", "is empty")]
    [InlineData("text", "not a JPEG, PNG")]
    [InlineData("bomb", "20000×20000 pixels")]
    [InlineData("thread", "1×70000 pixels")]
    [InlineData("cut jpeg", "cut off")]
    [InlineData("cut png", "cut off")]
    [InlineData("header alone", "")]
    public void Decode_DamagedFile_SaysWhyInLittleMemory(string what, string reason)
    {
        var jpeg = Pictures.Encode(200, 200, Pictures.Formula, SKEncodedImageFormat.Jpeg);
        var png = Pictures.Encode(200, 200, Pictures.Formula);
        byte[] file = what switch
        {
            "empty" => [],
            "text" => "These are no pixels.\n"u8.ToArray(),
            "bomb" => Pictures.Bomb(20_000, 20_000),
            "thread" => Pictures.Bomb(1, 70_000),
            "cut jpeg" => jpeg[..(jpeg.Length / 2)],
            "cut png" => png[..(png.Length / 2)],
            _ => jpeg[..20],
        };
        var before = GC.GetTotalAllocatedBytes();
        Assert.Contains(reason, Assert.Throws<UnreadableImageException>(() => DecodedImage.Read(file).Dispose()).Message);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 4 << 20);
    }

    [Fact]
    public void Decode_AnyBytesChanged_GivesAnImageOrAReason()
    {
        foreach (var format in new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp })
        {
            var whole = Pictures.Encode(24, 24, Pictures.Formula, format, 80);
            var random = CounterRandom.For(1, format.ToString());
            for (var i = 0; i < 400; i++)
            {
                var file = whole.ToArray();
                for (var k = 0; k < 4; k++)
                {
                    file[random.Below((8L * i) + k, file.Length)] = (byte)random.Below((8L * i) + 4 + k, 256);
                }

                try
                {
                    DecodedImage.Read(file).Dispose();
                }
                catch (UnreadableImageException)
                {
                }
            }
        }
    }
}
