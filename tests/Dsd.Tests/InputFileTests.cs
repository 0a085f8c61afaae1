using System.Diagnostics;

namespace Dsd.Tests;

public sealed class InputFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("pipe", "is a named pipe, not a regular file")]
    [InlineData("link to the pipe", "is a named pipe, not a regular file")]
    [InlineData("folder", "is a folder, not a regular file")]
    [InlineData("/dev/zero", "is a device, not a regular file")]
    public void Open_WhatIsNoRegularFile_IsRefusedAtOnce(string name, string reason)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no pipes in the file system.");
        Directory.CreateDirectory(_folder["folder"]);
        MakePipe(_folder["pipe"]);
        File.CreateSymbolicLink(_folder["link to the pipe"], _folder["pipe"]);

        Assert.Contains(reason, Assert.Throws<IOException>(() => InputFile.Open(_folder[name])).Message, StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Throws<IOException>(() => InputFile.OpenText(_folder[name])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AFileOrALinkToOne_ReadsIt()
    {
        File.WriteAllText(_folder["file ü"], "text");
        File.CreateSymbolicLink(_folder["link"], _folder["file ü"]);
        foreach (var name in new[] { "file ü", "link" })
        {
            using var file = InputFile.Open(_folder[name]);
            Assert.Equal(4, file.Length);
        }
    }

    [Fact]
    public void Open_NoFile_SaysThatThereIsNone() => Assert.Throws<FileNotFoundException>(() => InputFile.Open(_folder["none"]));

    private static void MakePipe(string path)
    {
        using var process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
