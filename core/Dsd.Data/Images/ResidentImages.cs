using System.Runtime.InteropServices;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>One split of images on a device, as bytes, with the classes.</summary>
/// <remarks>A split that a seed draws, or whose labels it draws, is copied for that seed, and is gone with it.</remarks>
internal sealed class ResidentImages
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ResidentImages, long> _begins = [];
    private (ResidentImages[] Parts, ResidentImages All)? _joined;

    private ResidentImages(ImageSplit part, int padding, Device device)
    {
        using var scope = NewDisposeScope();
        (Padding, Channels, Height, Width) = (padding, part.Channels, part.Height, part.Width);
        var labels = empty(part.Count, dtype: ScalarType.Int64, device: CPU);
        var target = MemoryMarshal.Cast<byte, long>(labels.bytes);
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = part.Labels.Span[i];
        }

        Labels = labels.to(device).DetachFromDisposeScope();
        Pixels = Padded(part, padding, device).DetachFromDisposeScope();
    }

    /// <summary>Joins images of several seeds, one after the other.</summary>
    private ResidentImages(IReadOnlyList<ResidentImages> parts)
    {
        (Padding, Channels, Height, Width) = (parts[0].Padding, parts[0].Channels, parts[0].Height, parts[0].Width);
        Labels = cat([.. parts.Select(p => p.Labels)]).DetachFromDisposeScope();
        Pixels = cat([.. parts.Select(p => p.Pixels)]).DetachFromDisposeScope();
        var begin = 0L;
        foreach (var part in parts)
        {
            _begins.Add(part, begin);
            begin += part.Pixels.shape[0];
        }
    }

    /// <summary>The pixels, uint8, shape (images, channels, height + 2·padding, width + 2·padding), with zeros around each image.</summary>
    public Tensor Pixels { get; }

    /// <summary>The classes, int64, shape (images).</summary>
    public Tensor Labels { get; }

    /// <summary>The zeros on each side of an image, which shifts move in.</summary>
    public int Padding { get; }

    /// <summary>The number of channels.</summary>
    public int Channels { get; }

    /// <summary>The height of an image without padding.</summary>
    public int Height { get; }

    /// <summary>The width of an image without padding.</summary>
    public int Width { get; }

    private (int, int, int, int, string) Form => (Padding, Channels, Height, Width, Pixels.device.ToString());

    /// <summary>Gets a split on a device, copied there once; null if it is too large.</summary>
    /// <param name="part">The split.</param>
    /// <param name="padding">The largest shift in pixels.</param>
    /// <param name="device">The device.</param>
    /// <param name="isWanted">True to keep it there in any case, false not to; null to do it on a device other than the CPU if it fits.</param>
    public static ResidentImages? Of(ImageSplit part, int padding, Device? device, bool? isWanted) => part.Count == 0 ? null : DeviceData.Keep(
        part,
        FormattableString.Invariant($"images, padding {padding}"),
        device,
        isWanted,
        (long)part.Count * (sizeof(long) + ((long)part.Channels * (part.Height + (2 * padding)) * (part.Width + (2 * padding)))),
        where => new ResidentImages(part, padding, where));

    /// <summary>Joins images that seeds drew, each set of images once, so that a batch of all is gathered at once; null if they are too large or differ in their form.</summary>
    /// <param name="parts">The images of each seed, some of which may be the same.</param>
    /// <returns>The images of all, kept as long as those of the first seed.</returns>
    public static ResidentImages? Joined(IReadOnlyList<ResidentImages> parts)
    {
        var (first, distinct) = (parts[0], parts.Distinct().ToArray());
        if (distinct.Length == 1)
        {
            return first;
        }

        lock (first._gate)
        {
            if (first._joined is { } known && known.Parts.SequenceEqual(distinct))
            {
                return known.All;
            }

            if (distinct.Any(p => p.Form != first.Form) || !DeviceData.Fits(first.Pixels.device, distinct.Sum(p => p.Pixels.numel() + (sizeof(long) * p.Labels.numel()))))
            {
                return null;
            }

            first._joined = (distinct, new(distinct));
            return first._joined.Value.All;
        }
    }

    /// <summary>Returns the position of the first image of a part among these.</summary>
    /// <param name="part">One of the parts that were joined, or these images themselves.</param>
    public long Begin(ResidentImages part) => part == this ? 0 : _begins[part];

    private static Tensor Padded(ImageSplit part, int padding, Device device)
    {
        long[] shape = [part.Count, part.Channels, part.Height, part.Width];
        if (padding == 0)
        {
            return Copied(part.Pixels, shape, device);
        }

        // Padded on the device: in host memory the padded images could be more than an array holds.
        var padded = zeros([part.Count, part.Channels, part.Height + (2 * padding), part.Width + (2 * padding)], dtype: ScalarType.Byte, device: device);
        using var inner = padded.narrow(2, padding, part.Height).narrow(3, padding, part.Width);
        using var images = Copied(part.Pixels, shape, device);
        inner.copy_(images);
        return padded;
    }

    private static Tensor Copied(ReadOnlyMemory<byte> pixels, long[] shape, Device device)
    {
        var host = empty(shape, dtype: ScalarType.Byte, device: CPU);
        pixels.Span.CopyTo(host.bytes);
        return DeviceCopy.IsElsewhere(device) ? host.to(device, disposeAfter: true) : host;
    }
}
