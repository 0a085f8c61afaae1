namespace Dsd.Data;

/// <summary>A rectangle of whole pixels in an image.</summary>
/// <param name="X">The first column.</param>
/// <param name="Y">The first row.</param>
/// <param name="Width">The number of columns, at least 1.</param>
/// <param name="Height">The number of rows, at least 1.</param>
internal readonly record struct CropBox(int X, int Y, int Width, int Height)
{
    /// <summary>Draws a random crop of an image, by its area and its ratio of width to height.</summary>
    /// <param name="width">Width of the image in pixels.</param>
    /// <param name="height">Height of the image in pixels.</param>
    /// <param name="smallestArea">The smallest fraction of the image's area, above 0 and up to 1.</param>
    /// <param name="random">The stream to draw from.</param>
    /// <param name="counter">The first of 40 positions in the stream reserved for this image.</param>
    /// <remarks>
    /// Area uniform from <paramref name="smallestArea"/> to 1, ratio log-uniform from 3/4 to 4/3; a crop that does not fit into the image
    /// is drawn again, at most ten times, and then the largest centred crop of an allowed ratio is used. As in Szegedy et al.,
    /// "Going deeper with convolutions", CVPR 2015, section 6, and in torchvision's RandomResizedCrop.
    /// </remarks>
    public static CropBox Random(int width, int height, double smallestArea, CounterRandom random, long counter)
    {
        const double Narrowest = 3.0 / 4;
        const double Widest = 4.0 / 3;
        for (var attempt = 0; attempt < 10; attempt++, counter += 4)
        {
            var area = width * (double)height * (smallestArea + ((1 - smallestArea) * random.Uniform(counter)));
            var ratio = Math.Exp(Math.Log(Narrowest) + ((Math.Log(Widest) - Math.Log(Narrowest)) * random.Uniform(counter + 1)));
            var (w, h) = ((int)Math.Round(Math.Sqrt(area * ratio)), (int)Math.Round(Math.Sqrt(area / ratio)));
            if (w >= 1 && w <= width && h >= 1 && h <= height)
            {
                return new(random.Below(counter + 2, width - w + 1), random.Below(counter + 3, height - h + 1), w, h);
            }
        }

        var (allWidth, allHeight) = (width, height);
        if (width < Narrowest * height)
        {
            allHeight = Math.Min(height, Math.Max(1, (int)Math.Round(width / Narrowest)));
        }
        else if (width > Widest * height)
        {
            allWidth = Math.Min(width, Math.Max(1, (int)Math.Round(height * Widest)));
        }

        return new((width - allWidth) / 2, (height - allHeight) / 2, allWidth, allHeight);
    }

    /// <summary>Scales the box to an image that was decoded at a reduced size, in whole pixels.</summary>
    public CropBox Scaled(ImageFile file, DecodedImage image)
    {
        if (image.Width == file.Width && image.Height == file.Height)
        {
            return this;
        }

        var (across, down) = ((double)image.Width / file.Width, (double)image.Height / file.Height);
        var (x, y) = (Math.Min((int)Math.Round(X * across), image.Width - 1), Math.Min((int)Math.Round(Y * down), image.Height - 1));
        return new(x, y, Math.Clamp((int)Math.Round(Width * across), 1, image.Width - x), Math.Clamp((int)Math.Round(Height * down), 1, image.Height - y));
    }
}
