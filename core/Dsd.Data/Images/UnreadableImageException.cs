namespace Dsd.Data;

/// <summary>The exception for an image that cannot be read or decoded; the message is the reason, without the file's name.</summary>
internal sealed class UnreadableImageException(string reason) : DsdException(reason);
