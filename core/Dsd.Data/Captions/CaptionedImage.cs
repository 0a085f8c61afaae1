namespace Dsd.Data;

/// <summary>An image's name and what was said about it.</summary>
/// <param name="Name">Its name, for messages; no other image has it.</param>
/// <param name="Captions">Its captions, each as words.</param>
public sealed record CaptionedImage(string Name, IReadOnlyList<IReadOnlyList<string>> Captions)
{
    /// <summary>The name and the captions, e.g. <c>"1.jpg: a dog runs; a brown dog"</c>.</summary>
    public override string ToString() => $"{Name}: {string.Join("; ", Captions.Select(c => string.Join(' ', c)))}";
}
