namespace Dsd.Data;

/// <summary>A named text, such as a book; no example spans two texts.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Text">The text.</param>
internal sealed record TextDocument(string Name, string Text)
{
    /// <summary>Formats the name and the length, e.g. <c>"Ruth, 13,004 characters"</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name}, {Text.Length:N0} characters");
}
