using System.Security.Cryptography;

namespace Dsd.Data.Tests;

public sealed class FileHashesTests : IDisposable
{
    private static readonly DateTime Old = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dsd-hashes-");

    private string Data => Path.Combine(_folder.FullName, "data");

    private string Cache => Path.Combine(_folder.FullName, "cache");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Of_AFile_IsSha256OfItsContentAndNullWhereThereIsNone()
    {
        Put("a", "abc");
        Assert.Equal(["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", null], FileHashes.Of(Data, ["a", "b"], Cache));
    }

    [Fact]
    public void Of_AnUntouchedFile_ReadsItOnce()
    {
        var path = Put("a", "abc");
        var first = FileHashes.Of(Data, ["a"], Cache);

        // The same size and time, so that only a second reading could tell.
        Put("a", "xyz");
        Assert.Equal(first, FileHashes.Of(Data, ["a"], Cache));
        Assert.Equal(first, FileHashes.Of(Data, [path], Cache));
    }

    [Theory]
    [InlineData("longer", 0)]
    [InlineData("xyz", 1)]
    public void Of_AFileOfAnotherSizeOrTime_ReadsItAgain(string content, long ticks)
    {
        Put("a", "abc");
        FileHashes.Of(Data, ["a"], Cache);
        File.SetLastWriteTimeUtc(Put("a", content), Old.AddTicks(ticks));
        Assert.Equal(Sha(content), Assert.Single(FileHashes.Of(Data, ["a"], Cache)));
    }

    [Fact]
    public void Of_AFileJustWritten_IsNotRemembered()
    {
        var now = DateTime.UtcNow;
        File.SetLastWriteTimeUtc(Put("a", "abc"), now);
        FileHashes.Of(Data, ["a"], Cache);
        File.SetLastWriteTimeUtc(Put("a", "xyz"), now);
        Assert.Equal(Sha("xyz"), Assert.Single(FileHashes.Of(Data, ["a"], Cache)));
    }

    /// <summary>An entry is changed so that it is of another file, which this process has not read.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_ACacheChangedByHand_IsNotBelieved(bool withItsHash)
    {
        Put("a", "abc");
        FileHashes.Of(Data, ["a"], Cache);
        var file = FileHashes.CacheFile(Data, Cache)!;
        var bytes = File.ReadAllBytes(file);
        var path = System.Text.Encoding.UTF8.GetBytes(Path.Combine(Data, "a"));
        bytes[bytes.AsSpan().IndexOf(path) + path.Length - 1] = (byte)'b';
        if (withItsHash)
        {
            SHA256.HashData(bytes.AsSpan(..^32)).CopyTo(bytes, bytes.Length - 32);
        }

        File.WriteAllBytes(file, bytes);
        Put("b", "xyz");

        // What the second case shows: the entry fits but for the hash of the whole.
        Assert.Equal(Sha(withItsHash ? "abc" : "xyz"), Assert.Single(FileHashes.Of(Data, ["b"], Cache)));
    }

    [Fact]
    public void Of_OtherFilesOfTheFolder_KeepsThoseKnown()
    {
        Put("a", "abc");
        Put("b", "def");
        FileHashes.Of(Data, ["a"], Cache);
        FileHashes.Of(Data, ["b"], Cache);
        Put("a", "xyz");
        Assert.Equal([Sha("abc"), Sha("def")], FileHashes.Of(Data, ["a", "b"], Cache));
    }

    [Theory]
    [InlineData("")]
    [InlineData("something else")]
    [InlineData("\u0011dsd file hashes 1\u0001\0\0\0\u0001a")]
    public void Of_ADamagedCache_ReadsContentsAgain(string content)
    {
        Put("a", "abc");
        var file = FileHashes.CacheFile(Data, Cache)!;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        Assert.Equal(Sha("abc"), Assert.Single(FileHashes.Of(Data, ["a"], Cache)));
    }

    [Fact]
    public void Of_NoPlaceForACache_StillHashes()
    {
        Put("a", "abc");
        Assert.Equal(Sha("abc"), Assert.Single(FileHashes.Of(Data, ["a"], cache: "")));
        Assert.Equal(Sha("abc"), Assert.Single(FileHashes.Of(Data, ["a"], Path.Combine(Data, "a", "no-folder"))));
    }

    [Fact]
    public void Of_AnUntouchedFileWithoutACache_IsReadOnceByAProcess()
    {
        Put("a", "abc");
        FileHashes.Of(Data, ["a"], cache: "");
        Put("a", "xyz");
        Assert.Equal(Sha("abc"), Assert.Single(FileHashes.Of(Data, ["a"], cache: "")));
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Of_AFileOfTheFuture_IsRememberedOnceItWasSeenSoForTwoSeconds()
    {
        var later = DateTime.UtcNow.AddDays(1);
        Look("one");
        Assert.Equal(Sha("two"), Look("two"));
        Thread.Sleep(TimeSpan.FromSeconds(2.1));
        Assert.Equal(Sha("six"), Look("six"));
        Assert.Equal(Sha("six"), Look("ten"));

        string? Look(string content)
        {
            File.SetLastWriteTimeUtc(Put("a", content), later);
            return Assert.Single(FileHashes.Of(Data, ["a"], cache: ""));
        }
    }

    [Fact]
    public void Of_FilesThatAreGone_AreForgotten()
    {
        var gone = Put("gone", "abc");
        FileHashes.Of(Data, ["gone"], Cache);
        var size = new FileInfo(FileHashes.CacheFile(Data, Cache)!).Length;
        File.Delete(gone);
        Put("here", "abc");
        FileHashes.Of(Data, ["here"], Cache);
        Assert.Equal(size, new FileInfo(FileHashes.CacheFile(Data, Cache)!).Length);
    }

    private static string Sha(string content) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(content)));

    private string Put(string name, string content)
    {
        Directory.CreateDirectory(Data);
        var path = Path.Combine(Data, name);
        File.WriteAllText(path, content);
        File.SetLastWriteTimeUtc(path, Old);
        return path;
    }
}
