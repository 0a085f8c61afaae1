namespace Dsd.Data.Tests;

public sealed class StagingFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Constructor_FoldersOfKilledProcesses_AreRemovedAndThoseInUseStay()
    {
        using var working = new StagingFolder(_folder["tiny"]);
        using var other = new StagingFolder(_folder["other"]);
        var killed = Left("tiny", inUse: true);
        var earlier = Left("tiny", inUse: false);
        Directory.SetLastWriteTimeUtc(earlier, DateTime.UtcNow.AddDays(-1));
        Directory.SetCreationTimeUtc(earlier, DateTime.UtcNow.AddDays(-1));
        var starting = Left("tiny", inUse: false);
        var anothers = Left("other", inUse: true);

        using (var next = new StagingFolder(_folder["tiny"]))
        {
            Assert.Equal(
                new[] { working.Root, other.Root, starting, anothers, next.Root }.Order(StringComparer.Ordinal),
                Directory.GetDirectories(_folder.Root, "*", new EnumerationOptions { AttributesToSkip = 0 }).Order(StringComparer.Ordinal));
        }

        Assert.False(Directory.Exists(killed));
        Assert.True(Directory.Exists(working.Ready));
    }

    [Fact]
    public void RemoveAbandoned_ALinkOfThatName_LeavesItsTarget()
    {
        Directory.CreateDirectory(_folder["mine"]);
        File.WriteAllText(_folder["mine", "in-use"], "");
        Directory.CreateSymbolicLink(_folder[$".tiny-{Guid.NewGuid():N}.partial"], _folder["mine"]);

        StagingFolder.RemoveAbandoned(_folder["tiny"]);

        Assert.True(File.Exists(_folder["mine", "in-use"]));
    }

    /// <summary>A folder as a process that was killed leaves it.</summary>
    private string Left(string name, bool inUse)
    {
        var path = _folder[$".{name}-{Guid.NewGuid():N}.partial"];
        Directory.CreateDirectory(Path.Combine(path, "work"));
        if (inUse)
        {
            File.WriteAllText(Path.Combine(path, "in-use"), "");
        }

        return path;
    }
}
