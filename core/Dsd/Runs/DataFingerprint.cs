namespace Dsd.Runs;

/// <summary>Identifies the data that trials are trained on: their location, and a hash of the names, sizes and contents of their files.</summary>
/// <param name="Data">The name that finds them from any working folder, e.g. <c>"imagenet:/home/me/pictures"</c>.</param>
/// <param name="DeclaredAs">The name that the study gave them, e.g. <c>"imagenet:pictures"</c>.</param>
/// <param name="Hash">The hash, 32 hexadecimal digits.</param>
/// <param name="Files">The number of files.</param>
/// <param name="Bytes">The total size of all files in bytes; null for published data, which are known by their checksums.</param>
public sealed record DataFingerprint(string Data, string DeclaredAs, string Hash, int Files, long? Bytes);
