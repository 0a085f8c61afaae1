using Dsd.Records;

namespace Dsd.Data;

/// <summary>The thread-safe collection of a folder's images that could not be decoded.</summary>
internal sealed class RejectedImages
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = [];
    private readonly List<(DataSplit Split, RejectedImage Image)> _all = [];
    private Action<string> _told = _ => { };
    private int _toldOf;

    /// <summary>Gets all images so far.</summary>
    public IReadOnlyList<RejectedImage> All()
    {
        lock (_gate)
        {
            return [.. _all.Select(r => r.Image)];
        }
    }

    /// <summary>Gets the images of a split so far.</summary>
    public IReadOnlyList<RejectedImage> Of(DataSplit split)
    {
        lock (_gate)
        {
            return [.. _all.Where(r => r.Split == split).Select(r => r.Image)];
        }
    }

    /// <summary>Adds an image unless it is already known.</summary>
    /// <returns>True if it is new.</returns>
    public bool Add(DataSplit split, RejectedImage image)
    {
        lock (_gate)
        {
            if (!_known.Add(image.Path))
            {
                return false;
            }

            _all.Add((split, image));
            return true;
        }
    }

    /// <summary>Registers a callback for each image.</summary>
    public void Watch(Action<string> told) => _told = told;

    /// <summary>Reports the images that are new since the last call.</summary>
    public void Tell()
    {
        RejectedImage[] fresh;
        lock (_gate)
        {
            fresh = [.. _all.Skip(_toldOf).Select(r => r.Image)];
            _toldOf = _all.Count;
        }

        foreach (var image in fresh)
        {
            _told(image.ToString());
        }
    }
}
