namespace Dsd.Data;

/// <summary>An image with its captions.</summary>
/// <param name="Name">Its unique name, for messages.</param>
/// <param name="Captions">Its captions, each as words.</param>
internal sealed record CaptionedImage(string Name, IReadOnlyList<IReadOnlyList<string>> Captions)
{
    /// <summary>Formats the name and the captions, e.g. <c>"1.jpg: a dog runs; a brown dog"</c>.</summary>
    public override string ToString() => $"{Name}: {string.Join("; ", Captions.Select(c => string.Join(' ', c)))}";
}
