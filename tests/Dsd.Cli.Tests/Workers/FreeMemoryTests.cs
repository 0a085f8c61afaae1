namespace Dsd.Cli.Tests;

/// <summary>Free memory as Linux and control groups tell it.</summary>
public sealed class FreeMemoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bytes_WithoutAnyOfTheFiles_IsUnknown() => Assert.Null(FreeMemory.Bytes(_folder.Root));

    [Fact]
    public void Bytes_IsTheLeastThatSystemAndGroupsAllow()
    {
        Write("proc/meminfo", "MemTotal:       24684112 kB\nMemAvailable:   20000000 kB\n");
        Assert.Equal(20_480_000_000, FreeMemory.Bytes(_folder.Root));

        Write("sys/fs/cgroup/memory.max", "max\n");
        Write("sys/fs/cgroup/memory.current", "1000\n");
        Assert.Equal(20_480_000_000, FreeMemory.Bytes(_folder.Root));

        Write("sys/fs/cgroup/memory.max", "4000000000\n");
        Write("sys/fs/cgroup/memory.current", "3000000000\n");
        Write("sys/fs/cgroup/memory.stat", "anon 5\ninactive_file 500000000\n");
        Assert.Equal(1_500_000_000, FreeMemory.Bytes(_folder.Root));

        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "5\n");
        Assert.Equal(1_500_000_000, FreeMemory.Bytes(_folder.Root));

        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n");
        Assert.Equal(995, FreeMemory.Bytes(_folder.Root));
    }

    [SkippableFact]
    public void Bytes_OfThisMachine_IsKnownOnLinux()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux has these files.");
        Assert.InRange(FreeMemory.Bytes()!.Value, 1, long.MaxValue);
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder.Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
