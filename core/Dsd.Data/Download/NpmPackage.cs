namespace Dsd.Data;

/// <summary>An npm package that holds part of a data set, as one file <c>NAME-VERSION.tgz</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">The SHA-256 of that file in lower-case hexadecimal.</param>
/// <param name="Contents">The required entries: paths in the archive, or prefixes of paths.</param>
internal sealed record NpmPackage(string Name, string Version, string Sha256, ValueList<string> Contents)
{
    /// <summary>The file name.</summary>
    public string FileName => $"{Name}-{Version}.tgz";

    /// <summary>Formats name and version in npm's syntax.</summary>
    public override string ToString() => $"{Name}@{Version}";
}
