using System.Net;
using Dsd.Optimizers;

namespace Dsd.Data.Tests;

public class DownloaderTests
{
    private static readonly string[] Everything = ["tiny", "tiny/test-images.gz", "tiny/test-labels.gz", "tiny/train-images.gz", "tiny/train-labels.gz"];

    private readonly List<string> _log = [];

    private static string[] Expected => [.. Everything.Select(e => e.Replace('/', Path.DirectorySeparatorChar))];

    [Fact]
    public void Obtain_AlreadyThere_ChecksItAndFetchesNothing()
    {
        using var folder = new TempFolder();
        Tiny.Place(folder["tiny"]);
        Assert.Equal(folder["tiny"], Sut(folder, NoApt, NoNetwork).Download(folder.Root, _log.Add, default));
        Assert.Empty(_log);
    }

    [Fact]
    public void Find_FilesInTheRootItself_GivesTheRoot()
    {
        using var folder = new TempFolder();
        Tiny.Place(folder.Root);
        Assert.Equal(folder.Root, Sut(folder, NoApt, NoNetwork).Find(folder.Root));
    }

    [Fact]
    public void Find_UncompressedFiles_AreFoundAndRead()
    {
        using var folder = new TempFolder();
        Tiny.Place(folder.Root);
        foreach (var file in Directory.GetFiles(folder.Root))
        {
            using var gzip = new System.IO.Compression.GZipStream(File.OpenRead(file), System.IO.Compression.CompressionMode.Decompress);
            using var plain = File.Create(file[..^3]);
            gzip.CopyTo(plain);
        }

        Directory.GetFiles(folder.Root, "*.gz").ToList().ForEach(File.Delete);
        Assert.Equal(4, Sut(folder, NoApt, NoNetwork).Read(folder.Root).Count);
    }

    [Fact]
    public void Find_NamedRootBeforeSystemBeforeUser()
    {
        using var folder = new TempFolder();
        Tiny.Place(folder["user", "tiny"]);
        var sut = Sut(folder, NoApt, NoNetwork);
        Assert.Equal(folder["user", "tiny"], sut.Find(null));
        Assert.Null(sut.Find(folder["root"]));
        Tiny.Place(folder["system", "tiny"]);
        Assert.Equal(folder["system", "tiny"], sut.Find(null));
        Assert.Equal(folder["system", "tiny"], sut.Find(folder["root"]));
        Tiny.Place(folder["root", "tiny"]);
        Assert.Equal(folder["root", "tiny"], sut.Find(folder["root"]));
    }

    [Fact]
    public void Read_OnlySomeFiles_NamesTheMissingOnes()
    {
        using var folder = new TempFolder();
        Tiny.Place(folder["tiny"]);
        File.Delete(folder["tiny", "test-labels.gz"]);
        Assert.Null(Sut(folder, NoApt, NoNetwork).Find(folder.Root));
        var error = Assert.Throws<DsdException>(() => Sut(folder, NoApt, NoNetwork).Read(folder.Root));
        Assert.Contains($"{folder["tiny"]} (there, test-labels.gz missing)", error.Message);
    }

    [Fact]
    public void Obtain_OnlySomeFiles_AddsTheMissingOnes()
    {
        using var folder = new TempFolder();
        Tiny.Place(folder["tiny"]);
        var kept = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(folder["tiny", "train-labels.gz"], kept);
        File.Delete(folder["tiny", "test-labels.gz"]);
        Sut(folder, NoApt, new FakeHome()).Download(folder.Root, _log.Add, default);
        Assert.Equal(Expected, folder.Entries());
        Assert.Equal(kept, File.GetLastWriteTimeUtc(folder["tiny", "train-labels.gz"]));
    }

    [Fact]
    public void Obtain_OnlySomeFilesAndOneOfThemWrong_NamesItBeforeFetching()
    {
        using var folder = new TempFolder();
        Tiny.Place(folder["tiny"]);
        File.Delete(folder["tiny", "test-labels.gz"]);
        File.WriteAllText(folder["tiny", "train-labels.gz"], "nonsense");
        var error = Assert.Throws<DsdException>(() => Sut(folder, NoApt, new FakeHome()).Download(folder.Root, _log.Add, default));
        Assert.Contains(folder["tiny", "train-labels.gz"], error.Message);
        Assert.Empty(_log);
        Assert.Equal(Expected.Where(e => !e.EndsWith("test-labels.gz", StringComparison.Ordinal)), folder.Entries());
    }

    [Fact]
    public void Read_NotThere_SaysWhereItLookedAndHowToObtainIt()
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<DsdException>(() => Sut(folder, NoApt, NoNetwork).Read(folder.Root));
        Assert.Contains(folder["tiny"], error.Message);
        Assert.Contains(folder["system", "tiny"], error.Message);
        Assert.Contains("Download()", error.Message);
        Assert.Contains(Tiny.Page, error.Message);
    }

    [Fact]
    public void ReadAndObtain_TruncatedFile_NameIt()
    {
        using var folder = new TempFolder();
        Tiny.Place(folder["tiny"]);
        var victim = folder["tiny", "train-images.gz"];
        File.WriteAllBytes(victim, File.ReadAllBytes(victim)[..^20]);
        Assert.Contains(victim, Assert.Throws<DsdException>(() => Sut(folder, NoApt, NoNetwork).Read(folder.Root)).Message);
        Assert.Contains(victim, Assert.Throws<DsdException>(() => Sut(folder, NoApt, NoNetwork).Download(folder.Root, null, default)).Message);
    }

    [Fact]
    public void Read_OtherContent_NamesTheFileAndTheHashes()
    {
        using var folder = new TempFolder();
        Tiny.Place(folder["tiny"]);
        File.WriteAllBytes(folder["tiny", "train-labels.gz"], Tiny.Gzip(Tiny.Idx([12], new byte[12])));
        var error = Assert.Throws<DsdException>(() => Sut(folder, NoApt, NoNetwork).Read(folder.Root));
        Assert.Contains(folder["tiny", "train-labels.gz"], error.Message);
        Assert.Contains(Tiny.Published.Files[1].Sha256, error.Message);
    }

    [SkippableFact]
    public void Obtain_ThroughThePackage_PlacesTheFilesAndNothingElse()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Debian packages are tried on Linux only.");
        using var folder = new TempFolder();
        Assert.Equal(folder["new", "tiny"], Sut(folder, new FakePrograms().Run, NoNetwork).Download(folder["new"], _log.Add, default));
        Assert.Equal(["new", .. Expected.Select(e => Path.Combine("new", e))], folder.Entries());
        Assert.Contains("dataset-tiny (1 kB, MIT)", _log[0]);
        Assert.Contains("nothing is installed", _log[0]);
    }

    [SkippableFact]
    public void Obtain_PackageListsMissing_FetchesThemIntoFoldersOfItsOwn()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Debian packages are tried on Linux only.");
        using var folder = new TempFolder();
        var programs = new FakePrograms { ListsMissing = true };
        Sut(folder, programs.Run, NoNetwork).Download(folder.Root, _log.Add, default);
        Assert.Equal(Expected, folder.Entries());
        Assert.Equal(["apt-get download", "apt-get update", "apt-get download", "dpkg-deb -x"], programs.Calls.Select(c => $"{c[0]} {c[1]}"));
        foreach (var call in programs.Calls.Skip(1).Take(2))
        {
            Assert.Contains(call, a => a.StartsWith($"Dir::State={folder.Root}", StringComparison.Ordinal));
            Assert.Contains(call, a => a.StartsWith($"Dir::State::lists={folder.Root}", StringComparison.Ordinal));
            Assert.Contains(call, a => a.StartsWith($"Dir::Cache={folder.Root}", StringComparison.Ordinal));
            Assert.Contains("Dir::State::status=/var/lib/dpkg/status", call);
        }
    }

    [SkippableFact]
    public void Obtain_AptHasNoNetwork_DoesNotTryToUpdateTheLists()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Debian packages are tried on Linux only.");
        using var folder = new TempFolder();
        var programs = new FakePrograms { Failure = "E: Failed to fetch x  Temporary failure resolving 'deb.example.org'" };
        Assert.Throws<DsdException>(() => Sut(folder, programs.Run, NoNetwork).Download(folder.Root, _log.Add, default));
        Assert.Single(programs.Calls);
    }

    [Theory]
    [InlineData("unpacking fails")]
    [InlineData("a file is missing")]
    [InlineData("wrong content")]
    [InlineData("two packages")]
    public void Obtain_PackageUseless_TakesTheAuthorsFiles(string fault)
    {
        using var folder = new TempFolder();
        Sut(folder, new FakePrograms { Fault = fault }.Run, new FakeHome()).Download(folder.Root, _log.Add, default);
        Assert.Equal(Expected, folder.Entries());
        Assert.Contains(_log, l => l.Contains("downloading 1 kB (MIT) from https://example.org/data/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no network")]
    [InlineData("not found")]
    [InlineData("breaks off")]
    [InlineData("wrong content")]
    [InlineData("page instead")]
    [InlineData("too long")]
    [InlineData("silence")]
    public void Obtain_EverythingFails_LeavesNothingAndSaysHowToPlaceTheFiles(string fault)
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<DsdException>(
            () => Sut(folder, NoApt, new FakeHome { Fault = fault }).Download(folder["a", "b"], _log.Add, default));
        Assert.Empty(folder.Entries());
        foreach (var expected in Tiny.Files.Keys.Append(folder["a", "b", "tiny"]).Append(Tiny.Page).Append("nothing was left behind"))
        {
            Assert.Contains(expected, error.Message);
        }
    }

    [Fact]
    public void Obtain_Cancelled_LeavesNothing()
    {
        using var folder = new TempFolder();
        using var cancel = new CancellationTokenSource();
        var home = new FakeHome { Answered = count => { if (count == 3) { cancel.Cancel(); } } };
        Assert.ThrowsAny<OperationCanceledException>(() => Sut(folder, NoApt, home).Download(folder["a"], _log.Add, cancel.Token));
        Assert.Empty(folder.Entries());
    }

    [Fact]
    public void Obtain_TargetHoldsOtherThings_LeavesThemAlone()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["tiny"]);
        File.WriteAllText(folder["tiny", "notes.txt"], "mine");
        Sut(folder, NoApt, new FakeHome()).Download(folder.Root, _log.Add, default);
        Assert.Equal(Expected.Append(Path.Combine("tiny", "notes.txt")).Order(StringComparer.Ordinal), folder.Entries());
        Assert.Equal("mine", File.ReadAllText(folder["tiny", "notes.txt"]));
    }

    [Fact]
    public void Obtain_AnotherProcessWasFaster_TakesItsFiles()
    {
        using var folder = new TempFolder();
        var home = new FakeHome { Answered = count => { if (count == 4) { Tiny.Place(folder["tiny"]); } } };
        Assert.Equal(folder["tiny"], Sut(folder, NoApt, home).Download(folder.Root, _log.Add, default));
        Assert.Equal(Expected, folder.Entries());
    }

    [Fact]
    public void Obtain_RootIsAFile_ThrowsDsdException()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], "");
        Assert.Contains("cannot be created", Assert.Throws<DsdException>(
            () => Sut(folder, NoApt, new FakeHome()).Download(folder["file"], _log.Add, default)).Message);
        Assert.Equal(["file"], folder.Entries());
    }

    private static FakeHome NoNetwork => new() { Fault = "no network" };

    private static Task<ProgramOutcome> NoApt(string program, IReadOnlyList<string> a, string f, TimeSpan l, CancellationToken c) =>
        Task.FromResult(new ProgramOutcome(false, $"{program} cannot be run: no such file"));

    private static Downloader Sut(TempFolder folder, RunProgram run, FakeHome home) => new(
        Tiny.Published, new(null, [folder["system"]], folder["user"]), new(run), new(run), new(() => home) { Silence = TimeSpan.FromMilliseconds(300) });
}
