namespace Dsd.Runs;

/// <summary>A file of a data set.</summary>
/// <param name="Name">Its path within the data, with forward slashes, e.g. <c>"train/cat/1.png"</c>; the full path where it lies elsewhere.</param>
/// <param name="Bytes">Its size in bytes; null where a published checksum alone is known.</param>
/// <param name="Hash">The SHA-256 of its content in lower-case hexadecimal; empty where it cannot be read.</param>
public sealed record DataFile(string Name, long? Bytes, string Hash);
