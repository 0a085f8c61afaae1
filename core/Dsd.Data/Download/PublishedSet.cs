using Dsd.Runs;

namespace Dsd.Data;

/// <summary>A published data set: its files and their sources.</summary>
/// <param name="Name">Its name and the name of its folder.</param>
/// <param name="Licence">The licence of the data.</param>
/// <param name="Size">The size of the download with its unit.</param>
/// <param name="Packages">The Debian packages that hold it; may be empty.</param>
/// <param name="Home">The base address of its files, ending in a slash; null if they cannot be downloaded from one.</param>
/// <param name="Page">The web page for people.</param>
/// <param name="Files">Its files.</param>
internal sealed record PublishedSet(
    string Name, string Licence, string Size, ValueList<string> Packages, Uri? Home, string Page, ValueList<PublishedFile> Files)
{
    /// <summary>Reads a file; throws a <see cref="DsdException"/> if it cannot be used. Default: an IDX file.</summary>
    public Func<string, IPublishedContent> Open { get; init; } = IdxFile.Read;

    /// <summary>
    /// Creates a file of the set at a path, from the folder into which the packages were unpacked or the system's root if
    /// they are installed; returns the reason for a failure. Default null: a package holds the files unchanged, in <c>share/datasets/NAME</c>.
    /// </summary>
    public Func<string, string, string?>? TakeOut { get; init; }

    /// <summary>The npm packages that hold it. Default: none.</summary>
    public ValueList<NpmPackage> NpmPackages { get; init; } = [];

    /// <summary>A sentence that tells a person where to find the files.</summary>
    public string Whereabouts { get => field ?? $"They are in the Debian {PackageNames} (share/datasets/{Name}) and at {Page}."; init; }

    /// <summary>The files with their published checksums.</summary>
    public IEnumerable<DataInventory.Entry> Checksums => Files.Select(f => new DataInventory.Entry(f.Name, null, f.Sha256));

    /// <summary>The packages as text, e.g. <c>"packages a and b"</c>.</summary>
    public string PackageNames => (Packages.Count == 1 ? "package " : "packages ") + string.Join(" and ", Packages);

    /// <summary>Creates every file of the set in a folder, from unpacked packages.</summary>
    /// <returns>What the packages lack, or null.</returns>
    public string? TakeOutAll(string unpacked, string folder) =>
        Files.Select(f => TakeOut!(unpacked, Path.Combine(folder, f.Name))).FirstOrDefault(lack => lack is not null);

    /// <summary>Finds the first folder that holds every file of the set; null if there is none.</summary>
    public string? Find(ValueList<string> places) => places.FirstOrDefault(place => Files.All(f => f.Locate(place) is not null));

    /// <summary>Reads one file of the set and checks it against its published hash.</summary>
    /// <exception cref="DsdException">The file is missing, damaged or a different one.</exception>
    public IPublishedContent Read(string folder, PublishedFile file)
    {
        var content = Open(file.Locate(folder) ?? Path.Combine(folder, file.Name));
        var found = content.Sha256();
        return found == file.Sha256
            ? content
            : throw new DsdException(
                $"The file '{content.Path}' is not the one that was published as {file.Name} of {Name}: the SHA-256 of its uncompressed "
                + $"content is {found}, expected {file.Sha256}. Delete it and download {Name} again, or copy it again from {Page}.");
    }
}

/// <summary>One file of a published data set.</summary>
/// <param name="Name">Its name; a file ending in <c>.gz</c> may be stored uncompressed, without that ending.</param>
/// <param name="Sha256">The SHA-256 of its uncompressed content in lower-case hexadecimal.</param>
/// <param name="MaxBytes">The largest size of the compressed file in bytes; a longer download is aborted.</param>
internal sealed record PublishedFile(string Name, string Sha256, long MaxBytes)
{
    /// <summary>Finds the file in a folder, compressed or not; null if it is missing.</summary>
    public string? Locate(string folder)
    {
        var path = Path.Combine(folder, Name);
        var plain = path.EndsWith(".gz", StringComparison.Ordinal) ? path[..^".gz".Length] : path;
        return File.Exists(path) ? path : File.Exists(plain) ? plain : null;
    }
}
