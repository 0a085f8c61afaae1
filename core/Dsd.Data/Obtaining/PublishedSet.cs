namespace Dsd.Data.Obtaining;

/// <summary>A data set of IDX files as its authors published it: what it consists of and where it can be had.</summary>
/// <param name="Name">Its name and the name of its folder.</param>
/// <param name="Licence">The licence of the data.</param>
/// <param name="Size">The size of the download with its unit.</param>
/// <param name="Package">The Debian package that holds it, in <c>share/datasets/NAME</c>.</param>
/// <param name="Home">The address under which its files lie; ends in a slash.</param>
/// <param name="Page">The page to send a person to.</param>
/// <param name="Files">Its files.</param>
internal sealed record PublishedSet(
    string Name, string Licence, string Size, string Package, Uri Home, string Page, ValueList<PublishedFile> Files)
{
    /// <summary>The first of the places that holds every file of the set, or null.</summary>
    public string? Find(ValueList<string> places) => places.FirstOrDefault(place => Files.All(f => f.Locate(place) is not null));

    /// <summary>Reads one file of the set and checks that it is what was published.</summary>
    /// <exception cref="DsdException">The file is missing, damaged, or another.</exception>
    public IdxFile Read(string folder, PublishedFile file)
    {
        var idx = IdxFile.Read(file.Locate(folder) ?? Path.Combine(folder, file.Name));
        var found = idx.Sha256();
        return found == file.Sha256
            ? idx
            : throw new DsdException(
                $"The file '{idx.Path}' is not the one that was published as {file.Name} of {Name}: the SHA-256 of its uncompressed "
                + $"content is {found}, expected {file.Sha256}. Delete it and obtain {Name} again, or copy it again from {Page}.");
    }
}

/// <summary>One file of a published data set.</summary>
/// <param name="Name">Its name, ending in <c>.gz</c>.</param>
/// <param name="Sha256">The SHA-256 of its uncompressed content in lower-case hexadecimal.</param>
/// <param name="MaxBytes">The most bytes that the compressed file may have; a longer download is broken off.</param>
internal sealed record PublishedFile(string Name, string Sha256, long MaxBytes)
{
    /// <summary>Where the file lies in a folder, compressed or not; null where it is not there.</summary>
    public string? Locate(string folder)
    {
        var compressed = Path.Combine(folder, Name);
        var plain = compressed[..^".gz".Length];
        return File.Exists(compressed) ? compressed : File.Exists(plain) ? plain : null;
    }
}
