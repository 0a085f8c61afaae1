using System.Diagnostics;
using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>Folders in which other users could have put a library.</summary>
public sealed class PathTrustTests : IDisposable
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly TempFolder _folder = new();

    public PathTrustTests()
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder["home", "dsd", "lib"], Own);
            File.WriteAllText(_folder["home", "dsd", "lib", "a.so"], "");
            File.SetUnixFileMode(_folder["home", "dsd", "lib", "a.so"], Own);
            File.SetUnixFileMode(_folder["home"], Own);
            File.SetUnixFileMode(_folder["home", "dsd"], Own);
        }
    }

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void ProblemOfFolder_OfOnesOwn_IsNone()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has other permissions.");

        // It lies in a folder that all can write, but with the sticky bit.
        Assert.Null(PathTrust.ProblemOfFolder(_folder["home", "dsd", "lib"]));
        Assert.Null(PathTrust.ProblemOfFolder(_folder["home", "dsd", "not", "yet"]));
        Directory.CreateSymbolicLink(_folder["link"], Path.Combine("home", "dsd"));
        Assert.Null(PathTrust.ProblemOfFolder(_folder["link", "lib"]));
    }

    [SkippableTheory]
    [InlineData("home/dsd/lib/a.so", UnixFileMode.OtherWrite)]
    [InlineData("home/dsd/lib", UnixFileMode.OtherWrite)]
    [InlineData("home/dsd/lib", UnixFileMode.OtherWrite | UnixFileMode.StickyBit)]
    [InlineData("home/dsd", UnixFileMode.OtherWrite)]
    [InlineData("home", UnixFileMode.OtherWrite)]
    public void ProblemOfFolder_OthersCanWriteAnyPartOfIt_NamesThatPart(string part, UnixFileMode more)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has other permissions.");
        Grant(_folder[part], Own | more);

        Assert.Equal($"{_folder[part]} can be written by other users; 'chmod go-w {_folder[part]}' changes that", PathTrust.ProblemOfFolder(_folder["home", "dsd", "lib"]));
    }

    [SkippableTheory]
    [InlineData("home", "home/ghost", "home/ghost/.nuget/packages")]
    [InlineData("home/dsd", "home/dsd/new", "home/dsd/new")]
    public void ProblemOfFolder_MissingWhereOthersCanCreateIt_NamesTheFolderThatTheyCanWrite(string writable, string first, string missing)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has other permissions.");
        foreach (var more in new[] { UnixFileMode.StickyBit, UnixFileMode.None })
        {
            Grant(_folder[writable], Own | UnixFileMode.OtherWrite | more);

            Assert.StartsWith($"{_folder[writable]} can be written by other users", PathTrust.ProblemOfFolder(_folder[missing]), StringComparison.Ordinal);
        }

        Grant(_folder[writable], Own | UnixFileMode.OtherWrite | UnixFileMode.StickyBit);
        Assert.Equal(
            $"{_folder[writable]} can be written by other users, who could create {_folder[first]} before you do; 'mkdir -m 755 {_folder[first]}' prevents that",
            PathTrust.ProblemOfFolder(_folder[missing]));
        Directory.CreateSymbolicLink(_folder["dangling"], _folder[missing]);
        Assert.StartsWith($"{_folder[writable]} can be written", PathTrust.ProblemOfFolder(_folder["dangling"]), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ProblemOfFolder_ALinkInAFolderOfOthers_IsSeen()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has other permissions.");
        Directory.CreateDirectory(_folder["others"]);
        Directory.CreateSymbolicLink(_folder["others", "link"], _folder["home", "dsd"]);
        Directory.CreateSymbolicLink(_folder["mine"], _folder["others", "link"]);
        Grant(_folder["others"], Own | UnixFileMode.OtherWrite);

        Assert.StartsWith(_folder["others"] + " can be written", PathTrust.ProblemOfFolder(_folder["mine", "lib"]), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("home/dsd/lib/a.so")]
    [InlineData("home/dsd/lib")]
    [InlineData("home")]
    public void ProblemOfFolder_AnyPartBelongsToAnother_NamesThatPart(string part)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && FileOwner.Self == 0, "Only root can give files to others.");
        using var chown = Process.Start("chown", ["12345", _folder[part]]);
        chown.WaitForExit();

        Assert.Equal($"{_folder[part]} belongs to user 12345, not to this one (0) or root", PathTrust.ProblemOfFolder(_folder["home", "dsd", "lib"]));
    }

    [SkippableFact]
    public void Of_AFile_IsWhatTheSystemSays()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has other permissions.");
        var file = _folder["home", "dsd", "lib", "a.so"];
        Grant(file, UnixFileMode.UserRead | UnixFileMode.GroupWrite);

        Assert.Equal((FileOwner.Self, UnixFileMode.UserRead | UnixFileMode.GroupWrite), (FileOwner.Of(file)!.Value.User, FileOwner.Of(file)!.Value.Mode));
        Assert.Null(FileOwner.Of(_folder["nowhere"]));
    }

    private static void Grant(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
