namespace Dsd.Data;

/// <summary>One part of a data set of labelled images, from which images are written as a network wants them.</summary>
/// <remarks>Members may be called from many threads at once. An image is written as channels × height × width normalised numbers.</remarks>
internal interface IImageSource
{
    /// <summary>The number of images.</summary>
    int Count { get; }

    /// <summary>The form of an image as it is written.</summary>
    (int Channels, int Height, int Width) Form { get; }

    /// <summary>Whether there is more of an image than is written, so that <see cref="WriteTenCrops"/> has ten to write.</summary>
    bool HasTenCrops => false;

    /// <summary>The class of an image.</summary>
    int Label(int index);

    /// <summary>The class of an image in words. Default: its number.</summary>
    string ClassOf(int index) => FormattableString.Invariant($"{Label(index)}");

    /// <summary>What to call an image in messages. Default: its position.</summary>
    string NameOf(int index) => FormattableString.Invariant($"image {index}");

    /// <summary>Writes an image as it is measured.</summary>
    /// <exception cref="UnreadableImageException">It cannot be decoded.</exception>
    void Write(int index, Span<float> target);

    /// <summary>Writes an image varied at random.</summary>
    /// <exception cref="UnreadableImageException">It cannot be decoded.</exception>
    void Write(int index, in Variation variation, Span<float> target);

    /// <summary>Writes the four corners and the centre of an image, then the same mirrored.</summary>
    /// <exception cref="UnreadableImageException">It cannot be decoded.</exception>
    void WriteTenCrops(int index, Span<float> target) => throw new NotSupportedException();

    /// <summary>The image that takes the place of one that cannot be decoded: another of its class, the same for the same one; itself where there is no other.</summary>
    int Instead(int index) => index;

    /// <summary>Notes that an image could not be decoded.</summary>
    /// <exception cref="DsdException">There are too many of these.</exception>
    void Reject(int index, string reason) => throw new DsdException(reason);

    /// <summary>Lets those who watch know what was rejected since the last call; on the caller's thread.</summary>
    void Tell()
    {
    }
}
