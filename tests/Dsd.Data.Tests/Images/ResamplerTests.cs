using System.Text.Json;
using Dsd.Records;
using FsCheck.Xunit;
using SkiaSharp;

namespace Dsd.Data.Tests;

public class ResamplerTests
{
    private static readonly JsonElement s_fixture = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "resize.json"))).RootElement;

    [Fact]
    public void Resize_PartsOfAnImage_AgreeWithTorchvision()
    {
        foreach (var part in s_fixture.GetProperty("parts").EnumerateArray())
        {
            var (width, height, size) = (Int(part, "width"), Int(part, "height"), Int(part, "size"));
            var crop = part.GetProperty("crop").EnumerateArray().Select(v => v.GetInt32()).ToArray();
            using var image = Pictures.Decoded(width, height, Pictures.Formula);
            var made = Resize(image, new(crop[0], crop[1], crop[2], crop[3]), (size, size));
            Normalisation.ToUnit(made);
            AssertClose(part.GetProperty("values"), made, 1e-5);
        }
    }

    [Fact]
    public void FolderImages_CentreAndTenCrops_AgreeWithTorchvision()
    {
        foreach (var whole in s_fixture.GetProperty("whole").EnumerateArray())
        {
            var (width, height, size) = (Int(whole, "width"), Int(whole, "height"), Int(whole, "size"));
            using var folder = new TempFolder();
            Pictures.Layout(folder, train: 2, val: 1, classes: 1);
            File.WriteAllBytes(folder["val", "a", "val-000.png"], Pictures.Encode(width, height, Pictures.Formula));
            IImageSource source = ((ILabelledImages)ImageFolder.Open(folder.Root, size)).Source(DataSplit.Test);
            var numbers = 3 * size * size;
            var centre = new float[numbers];
            source.Write(0, centre);
            AssertClose(whole.GetProperty("centre"), centre, 5e-5);
            var crops = new float[10 * numbers];
            source.WriteTenCrops(0, crops);
            AssertClose(whole.GetProperty("tenCrops"), crops, 5e-5);
        }
    }

    [Property(MaxTest = 60)]
    public bool Resize_ImageOfOneColour_StaysOneColour(byte red, byte green, byte w, byte h, byte to)
    {
        var (width, height, size) = ((w % 60) + 1, (h % 60) + 1, (to % 40) + 1);
        using var image = Pictures.Decoded(width, height, (_, _) => new(red, green, 7));
        var made = Resize(image, image.All, (size, size));
        return made[..(size * size)].All(v => Math.Abs(v - red) < 1e-3)
            && made[(size * size)..(2 * size * size)].All(v => Math.Abs(v - green) < 1e-3)
            && made[(2 * size * size)..].All(v => Math.Abs(v - 7) < 1e-3);
    }

    [Fact]
    public void Resize_ToItsOwnSize_ChangesNothing()
    {
        using var image = Pictures.Decoded(9, 7, Pictures.Formula);
        var made = Resize(image, image.All, (9, 7));
        Assert.Equal(Enumerable.Range(0, 63).Select(i => (float)Pictures.Formula(i % 9, i / 9).Green), made[63..126]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Resize_GradientMadeSmaller_HasTheColoursAtTheMiddles(int factor)
    {
        using var image = Pictures.Decoded(80, 40, (x, y) => new((byte)(3 * x), (byte)(5 * y), 0));
        var (width, height) = (80 / factor, 40 / factor);
        var made = Resize(image, image.All, (width, height));
        for (var y = 2; y < height - 2; y++)
        {
            for (var x = 2; x < width - 2; x++)
            {
                Assert.Equal(3 * (((x + 0.5) * factor) - 0.5), made[(y * width) + x], 1e-3);
                Assert.Equal(5 * (((y + 0.5) * factor) - 0.5), made[(width * height) + (y * width) + x], 1e-3);
            }
        }
    }

    [Fact]
    public void Resize_PartOfAnImage_LooksAtNothingOutside()
    {
        using var image = Pictures.Decoded(20, 20, (x, y) => x is >= 5 and < 13 && y is >= 4 and < 10 ? new(50, 60, 70) : new(255, 255, 255));
        Assert.All(Resize(image, new(5, 4, 8, 6), (5, 5))[..25], v => Assert.Equal(50, v, 1e-3));
    }

    [Fact]
    public void Resize_AWindow_IsThatPartOfTheWhole()
    {
        using var image = Pictures.Decoded(31, 23, Pictures.Formula);
        var whole = Resize(image, image.All, (12, 17));
        var window = new float[3 * 5 * 4];
        Resampler.Resize(image, image.All, (12, 17), new(6, 2, 5, 4), 3, window);
        for (var c = 0; c < 3; c++)
        {
            for (var y = 0; y < 4; y++)
            {
                Assert.Equal(whole.AsSpan((((c * 17) + y + 2) * 12) + 6, 5), window.AsSpan(((c * 4) + y) * 5, 5));
            }
        }
    }

    [Property(MaxTest = 300)]
    public bool Random_AnyImage_LiesWithinItAndHasAnAllowedArea(ushort w, ushort h, byte smallest, int seed)
    {
        var (width, height, least) = ((w % 700) + 1, (h % 700) + 1, (1 + (smallest % 100)) / 100.0);
        var box = CropBox.Random(width, height, least, CounterRandom.For(seed, "test"), 40);
        var within = box is { X: >= 0, Y: >= 0, Width: >= 1, Height: >= 1 } && box.X + box.Width <= width && box.Y + box.Height <= height;

        // Sides are whole numbers: half a pixel each way.
        var centred = box.X == (width - box.Width) / 2 && box.Y == (height - box.Height) / 2;
        var area = (box.Width + 0.5) * (box.Height + 0.5) >= least * width * height;
        var ratio = (box.Width - 0.5) / (box.Height + 0.5) <= 4.0 / 3 && (box.Width + 0.5) / (box.Height - 0.5) >= 3.0 / 4;
        return within && ratio && (area || centred);
    }

    [Theory]
    [InlineData(1000, 10, 493, 0, 13, 10)]
    [InlineData(10, 1000, 0, 493, 10, 13)]
    public void Random_ImageTooNarrow_GivesTheCentre(int width, int height, int x, int y, int w, int h) =>
        Assert.Equal(new CropBox(x, y, w, h), CropBox.Random(width, height, 1, CounterRandom.For(1, "test"), 0));

    [Fact]
    public void Random_ManyDraws_AreSpreadEvenly()
    {
        var boxes = Enumerable.Range(0, 4000).Select(i => CropBox.Random(400, 400, 0.08, CounterRandom.For(5, "test"), 64L * i)).ToList();
        Assert.InRange(boxes.Average(b => (double)b.Width * b.Height / 160_000), 0.46, 0.49);
        Assert.InRange(boxes.Average(b => Math.Log((double)b.Width / b.Height)), -0.01, 0.01);
        Assert.InRange(boxes.Average(b => b.X + (b.Width / 2.0)), 196, 204);
        Assert.InRange(boxes.Min(b => b.Width * b.Height), 12_000, 14_000);
    }

    [Theory]
    [InlineData(50, 37, 14, 21, 16)]
    [InlineData(37, 50, 14, 16, 21)]
    [InlineData(500, 375, 224, 341, 256)]
    [InlineData(333, 333, 224, 256, 256)]
    public void Resized_ShorterSide_Is256Of224(int width, int height, int crop, int expectedWidth, int expectedHeight) =>
        Assert.Equal((expectedWidth, expectedHeight), ImageNet.Resized(width, height, crop));

    internal static float[] Resize(DecodedImage image, CropBox part, (int Width, int Height) size)
    {
        var target = new float[3 * size.Width * size.Height];
        Resampler.Resize(image, part, size, new(0, 0, size.Width, size.Height), 3, target);
        return target;
    }

    private static int Int(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    private static void AssertClose(JsonElement expected, float[] all, double tolerance)
    {
        var step = Math.Max(1, all.Length / 300);
        var index = 0;
        foreach (var value in expected.EnumerateArray())
        {
            Assert.Equal(value.GetDouble(), all[index], tolerance);
            index += step;
        }

        Assert.True(index >= all.Length);
    }
}
