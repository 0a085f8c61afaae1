using System.IO.Compression;

namespace Dsd.Data.Tests;

public class PublishedPackTests
{
    [Fact]
    public void Read_WhatWasWritten_HasTheSameFilesAndTheHashOfTheirContents()
    {
        using var folder = new TempFolder();
        var (pack, loose) = (Packed(folder, "a.zip", CompressionLevel.NoCompression), Packed(folder, "b.zip", CompressionLevel.SmallestSize));
        Assert.Equal(["a/one.txt", "two.txt"], pack.Files.Keys);
        Assert.Equal("1\n", System.Text.Encoding.UTF8.GetString(pack.Files["a/one.txt"]));
        Assert.Equal(pack.Sha256(), loose.Sha256());
        // printf 'a/one.txt\n2\n1\ntwo.txt\n3\n22\n' | sha256sum
        Assert.Equal("a58a295b", pack.Sha256()[..8]);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("truncated")]
    [InlineData("missing")]
    public void Read_NoArchive_ThrowsDsdException(string fault)
    {
        using var folder = new TempFolder();
        _ = Packed(folder, "a.zip", CompressionLevel.NoCompression);
        var path = folder["a.zip"];
        switch (fault)
        {
            case "nonsense":
                File.WriteAllText(path, "no archive");
                break;
            case "truncated":
                File.WriteAllBytes(path, File.ReadAllBytes(path)[..^30]);
                break;
            default:
                File.Delete(path);
                break;
        }

        Assert.Contains(path, Assert.Throws<DsdException>(() => PublishedPack.Read(path)).Message);
    }

    [SkippableFact]
    public void Obtain_SeveralPackages_AreFetchedAndUnpackedTogether()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Debian packages are tried on Linux only.");
        using var folder = new TempFolder();
        var calls = new List<string>();
        Assert.Equal(folder["root", "pair"], Sut(folder, Run, null).Download(folder["root"], null, default));
        Assert.Equal(["root", Path.Combine("root", "pair"), Path.Combine("root", "pair", "pair.zip")], folder.Entries());
        Assert.Equal(["apt-get one two", "dpkg-deb one_1.deb", "dpkg-deb two_1.deb"], calls);

        Task<ProgramOutcome> Run(string program, IReadOnlyList<string> arguments, string work, TimeSpan limit, CancellationToken cancellation)
        {
            if (program == "apt-get")
            {
                calls.Add($"apt-get {arguments[^2]} {arguments[^1]}");
                File.WriteAllText(Path.Combine(work, "one_1.deb"), "");
                File.WriteAllText(Path.Combine(work, "two_1.deb"), "");
            }
            else
            {
                calls.Add($"dpkg-deb {Path.GetFileName(arguments[1])}");
                Place(arguments[2], Path.GetFileName(arguments[1])[..3]);
            }

            return Task.FromResult(new ProgramOutcome(true, ""));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Obtain_PackagesInstalled_TakesTheFilesFromThereIfTheyAreThePublishedOnes(bool right)
    {
        using var folder = new TempFolder();
        Place(folder["system"], "one");
        Place(folder["system"], "two");
        if (!right)
        {
            File.WriteAllText(folder["system", "usr", "two"], "another");
        }

        var log = new List<string>();
        var sut = Sut(folder, (_, _, _, _, _) => Task.FromResult(new ProgramOutcome(false, "no network")), folder["system"]);
        if (right)
        {
            sut.Download(folder["root"], log.Add, default);
            Assert.Equal("pair: taken from the installed packages one and two", log[0]);
            Assert.Single(sut.Read(folder["root"]));
        }
        else
        {
            Assert.Throws<DsdException>(() => sut.Download(folder["root"], log.Add, default));
            Assert.False(Directory.Exists(folder["root"]));
        }
    }

    private static PublishedPack Packed(TempFolder folder, string name, CompressionLevel level)
    {
        using (var archive = ZipFile.Open(folder[name], ZipArchiveMode.Create))
        {
            foreach (var (entry, text) in new[] { ("two.txt", "22\n"), ("a/one.txt", "1\n") })
            {
                using var stream = archive.CreateEntry(entry, level).Open();
                stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            }
        }

        return PublishedPack.Read(folder[name]);
    }

    private static void Place(string root, string name)
    {
        Directory.CreateDirectory(Path.Combine(root, "usr"));
        File.WriteAllText(Path.Combine(root, "usr", name), name);
    }

    private static Downloader Sut(TempFolder folder, RunProgram run, string? installed)
    {
        Place(folder["expected"], "one");
        Place(folder["expected"], "two");
        TakeOut(folder["expected"], folder["expected", "pair.zip"]);
        var hash = PublishedPack.Read(folder["expected", "pair.zip"]).Sha256();
        Directory.Delete(folder["expected"], recursive: true);
        var set = new PublishedSet("pair", "MIT", "1 kB", ["one", "two"], null, Tiny.Page, [new("pair.zip", hash, 10_000)])
        {
            Open = PublishedPack.Read,
            TakeOut = TakeOut,
        };
        return new(set, new(null, [], folder["user"], installed), new(run), new(run), new(() => new FakeHome()));
    }

    private static string? TakeOut(string unpacked, string target)
    {
        var files = new[] { "one", "two" }.Select(n => (n, Path.Combine(unpacked, "usr", n))).ToList();
        if (!files.All(f => File.Exists(f.Item2)))
        {
            return "lack a file";
        }

        PublishedPack.Write(target, files);
        return null;
    }
}
