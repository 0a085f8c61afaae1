namespace Dsd.Runs;

/// <summary>A file of a data set.</summary>
/// <param name="Name">Its path within the data, with forward slashes, e.g. <c>"train/cat/1.png"</c>; the full path if it is elsewhere.</param>
/// <param name="Bytes">Its size in bytes; null if only a published checksum is known.</param>
/// <param name="Hash">The SHA-256 of its content in lower-case hexadecimal; empty if it cannot be read.</param>
public sealed record DataFile(string Name, long? Bytes, string Hash);
