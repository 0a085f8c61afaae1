namespace Dsd.Tests.Torch;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_WhereKilledProcessesWrote_RemovesTheirFilesOnly()
    {
        var killed = Part("a.txt", hours: 2);
        var recent = Part("a.txt", hours: 0);
        var other = Part("b.txt", hours: 2);
        var open = Part("a.txt", hours: 2);
        File.WriteAllText(_folder["a.txt.part"], "a user's");
        File.SetLastWriteTimeUtc(_folder["a.txt.part"], DateTime.UtcNow.AddHours(-2));

        using (new FileStream(open, FileMode.Open, FileAccess.Write))
        {
            AtomicFile.WriteText(_folder["a.txt"], "text");
        }

        Assert.Equal(
            new[] { "a.txt", "a.txt.part", Path.GetFileName(recent), Path.GetFileName(other), Path.GetFileName(open) }.Order(StringComparer.Ordinal),
            _folder.Entries());
        Assert.False(File.Exists(killed));
        Assert.Equal("text", File.ReadAllText(_folder["a.txt"]));
    }

    [SkippableFact]
    public void Write_ToADevice_WritesThereAndReplacesNothing()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Windows has no such devices.");
        File.CreateSymbolicLink(_folder["null"], "/dev/null");

        AtomicFile.WriteText(_folder["null"], "text");

        Assert.Equal("/dev/null", new FileInfo(_folder["null"]).LinkTarget);
        var full = Assert.Throws<IOException>(() => AtomicFile.WriteText("/dev/full", "text"));
        Assert.Contains("/dev/full", full.Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo("/dev/full").Length);
        Assert.Equal(["null"], _folder.Entries());
    }

    private string Part(string name, int hours)
    {
        var path = _folder[$"{name}.{Guid.NewGuid():N}.part"];
        File.WriteAllText(path, "half");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-hours));
        return path;
    }
}
