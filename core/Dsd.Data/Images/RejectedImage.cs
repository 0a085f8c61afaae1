namespace Dsd.Data;

/// <summary>An image that could not be decoded and is excluded.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Reason">The reason, e.g. <c>"it is cut off"</c>.</param>
internal sealed record RejectedImage(string Path, string Reason)
{
    /// <summary>Formats file and reason in one line.</summary>
    public override string ToString() => $"{Path}: {Reason}";
}
