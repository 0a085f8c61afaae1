namespace Dsd.Data;

/// <summary>An image that could not be decoded and was left out.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Reason">Why, e.g. <c>"it is cut off"</c>.</param>
public sealed record RejectedImage(string Path, string Reason)
{
    /// <summary>File and reason in one line.</summary>
    public override string ToString() => $"{Path}: {Reason}";
}
