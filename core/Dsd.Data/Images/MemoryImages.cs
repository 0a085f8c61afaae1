namespace Dsd.Data;

/// <summary>A source of images in memory.</summary>
/// <param name="data">The data set with its means and deviations.</param>
/// <param name="part">The images.</param>
internal sealed class MemoryImages(ImageDataset data, ImageSplit part) : IImageSource
{
    private readonly ImageWriter _writer = new(data, part);
    private readonly Normalisation _normalisation = new(data.Mean, data.StandardDeviation);

    /// <inheritdoc/>
    public int Count => part.Count;

    /// <inheritdoc/>
    public (int Channels, int Height, int Width) Form => (part.Channels, part.Height, part.Width);

    /// <inheritdoc/>
    public int Label(int index) => part.Labels.Span[index];

    /// <inheritdoc/>
    public int TrueLabel(int index) => part == data.Train ? data.TrueLabels.Span[index] : Label(index);

    /// <inheritdoc/>
    public void Write(int index, Span<float> target) => _writer.Write(index, target);

    /// <inheritdoc/>
    public void Write(int index, in Variation variation, Span<float> target)
    {
        if (variation.Augmentation.IsNone)
        {
            _writer.Write(index, target);
        }
        else if (variation.Augmentation.IsPlain)
        {
            var (down, right, flip) = variation.Place();
            _writer.Write(index, down, right, flip, target);
        }
        else
        {
            using var image = DecodedImage.From(part, index);
            var size = (part.Width, part.Height);
            Resampler.Resize(image, variation.Crop(part.Width, part.Height), size, new(0, 0, part.Width, part.Height), part.Channels, target);
            Normalisation.ToUnit(target);
            variation.Apply(target, part.Width, part.Height);
            _normalisation.Apply(target);
        }
    }
}
