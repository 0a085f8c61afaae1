namespace Dsd.Data;

/// <summary>One split of labelled images, which writes images as a network's input.</summary>
/// <remarks>Members may be called from many threads at once. An image is written as channels × height × width normalised values.</remarks>
internal interface IImageSource
{
    /// <summary>The number of images.</summary>
    int Count { get; }

    /// <summary>The shape of an image as it is written.</summary>
    (int Channels, int Height, int Width) Form { get; }

    /// <summary>True if images are larger than what is written, so that <see cref="WriteTenCrops"/> can write ten crops.</summary>
    bool HasTenCrops => false;

    /// <summary>Gets the class of an image that it is labelled with.</summary>
    int Label(int index);

    /// <summary>Gets the true class of an image. Default: its label.</summary>
    int TrueLabel(int index) => Label(index);

    /// <summary>Gets the name of an image's class. Default: its number.</summary>
    string ClassOf(int index) => FormattableString.Invariant($"{Label(index)}");

    /// <summary>Gets the name of an image for messages. Default: its position.</summary>
    string NameOf(int index) => FormattableString.Invariant($"image {index}");

    /// <summary>Writes an image for measurement, without augmentation.</summary>
    /// <exception cref="UnreadableImageException">The image cannot be decoded.</exception>
    void Write(int index, Span<float> target);

    /// <summary>Writes a randomly augmented image.</summary>
    /// <exception cref="UnreadableImageException">The image cannot be decoded.</exception>
    void Write(int index, in Variation variation, Span<float> target);

    /// <summary>Writes the four corner crops and the centre crop of an image, then the same mirrored.</summary>
    /// <exception cref="UnreadableImageException">The image cannot be decoded.</exception>
    void WriteTenCrops(int index, Span<float> target) => throw new NotSupportedException();

    /// <summary>Gets the substitute for an image that cannot be decoded: another of its class, always the same; the image itself if there is no other.</summary>
    int Instead(int index) => index;

    /// <summary>Records that an image could not be decoded.</summary>
    /// <exception cref="DsdException">Too many images could not be decoded.</exception>
    void Reject(int index, string reason) => throw new DsdException(reason);

    /// <summary>Reports images rejected since the last call to the observer, on the caller's thread.</summary>
    void Tell()
    {
    }
}
