using Dsd.Plans;

namespace Dsd.Models;

/// <summary>The definition of an image network: the single source of its shape, its layers and its forward pass.</summary>
internal abstract class ImageArchitecture
{
    private readonly Lazy<LayerListing> _listing;
    private readonly Lazy<string> _images;

    /// <summary>Defines a network.</summary>
    /// <param name="channels">Channels of the images, at least 1.</param>
    /// <param name="classes">Number of classes, at least 1.</param>
    /// <param name="width">The width factor for channels and hidden units, above 0 and at most 4.</param>
    /// <param name="side">Height and width, in pixels, of the images that the network was designed for.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    protected ImageArchitecture(int channels, int classes, double width, int side)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        Channels = channels;
        Classes = classes;
        Width = LayerWidth.Checked(width);
        _listing = new(() => List(new(channels, side, side)));
        _images = new(() => DescribeImages(side));
    }

    /// <summary>The layers, in the order in which the network lists their parameters.</summary>
    public IReadOnlyList<LayerDescription> Layers => _listing.Value.Layers;

    /// <summary>True if there are auxiliary heads.</summary>
    public bool HasHeads => _listing.Value.HasHeads;

    /// <summary>The parameters as plain data; loads no native library.</summary>
    public ModelShape Shape => Layers.Aggregate(ModelShape.Empty, (shape, layer) => layer.AppendedTo(shape));

    /// <summary>The shape of the accepted images, e.g. <c>"(N, 3, H, W) with H and W at least 63"</c>.</summary>
    public string Images => _images.Value;

    /// <summary>The number of classes.</summary>
    protected int Classes { get; }

    private int Channels { get; }

    private double Width { get; }

    /// <summary>Applies the network, from images to class scores.</summary>
    /// <param name="on">The layers to apply.</param>
    /// <param name="image">The images.</param>
    public abstract T Walk<T>(ILayers<T> on, T image);

    /// <summary>True if images of this size are accepted: every kernel fits, and every layer gets its number of inputs.</summary>
    public bool Accepts(FeatureMap image)
    {
        var listing = List(image);
        return listing.Fits && listing.Layers.SequenceEqual(Layers);
    }

    /// <summary>Counts the multiply-adds and activations for one image, auxiliary heads included.</summary>
    public (long MultiplyAdds, long Activations) Effort(int height, int width)
    {
        var listing = List(new(Channels, height, width));
        return (listing.MultiplyAdds, listing.Activations);
    }

    /// <summary>Scales a number of channels or units by this network's width factor.</summary>
    protected int Scaled(int full) => LayerWidth.Scaled(full, Width);

    private LayerListing List(FeatureMap image)
    {
        var listing = new LayerListing();
        Walk(listing, image);
        return listing;
    }

    private string DescribeImages(int side)
    {
        bool Takes(int s) => Accepts(new(Channels, s, s));
        var smallest = Enumerable.Range(1, side).First(Takes);
        if (Takes(8 * side))
        {
            return $"(N, {Channels}, H, W) with H and W at least {smallest}";
        }

        var largest = Enumerable.Range(smallest, 8 * side).TakeWhile(Takes).Last();
        return largest == smallest ? $"(N, {Channels}, {smallest}, {smallest})" : $"(N, {Channels}, H, W) with H and W from {smallest} to {largest}";
    }
}
