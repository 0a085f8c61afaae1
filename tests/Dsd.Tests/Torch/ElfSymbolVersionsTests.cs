using System.Buffers.Binary;
using Dsd.Torch;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Torch;

public class ElfSymbolVersionsTests
{
    private const string Wanted = "GLIBCXX_3.4.32";
    private static readonly byte[] Library = File.ReadAllBytes(
        Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));

    [Fact]
    public void Weaken_TorchSharpsLibrary_SetsOneFlagAndNothingElse()
    {
        var library = (byte[])Library.Clone();

        Assert.True(ElfSymbolVersions.Weaken(library, Wanted));

        var changed = Enumerable.Range(0, library.Length).Where(i => library[i] != Library[i]).ToArray();
        var flag = Assert.Single(changed);
        Assert.Equal((0, 2), (Library[flag], library[flag]));
        Assert.InRange(flag, NeedSection().Start, NeedSection().Start + NeedSection().Length);

        // The loader compares the hash before the flags: it must be the ELF hash of the wanted name.
        Assert.Equal(ElfHash(Wanted), BinaryPrimitives.ReadUInt32LittleEndian(library.AsSpan(flag - 4)));
    }

    [Fact]
    public void Weaken_Twice_ChangesNothingMore()
    {
        var once = (byte[])Library.Clone();
        ElfSymbolVersions.Weaken(once, Wanted);
        var twice = (byte[])once.Clone();

        Assert.False(ElfSymbolVersions.Weaken(twice, Wanted));
        Assert.Equal(once, twice);
    }

    [Theory]
    [InlineData("GLIBCXX_3.4.99")]
    [InlineData("GLIBCXX_3.4.3")]
    [InlineData("GLIBCXX_3.4.32.1")]
    [InlineData("3.4.32")]
    public void Weaken_VersionNotRequired_ChangesNothing(string version)
    {
        var library = (byte[])Library.Clone();

        Assert.False(ElfSymbolVersions.Weaken(library, version));
        Assert.Equal(Library, library);
    }

    [Fact]
    public void Weaken_CutOffAnywhere_SaysSo()
    {
        var library = (byte[])Library.Clone();
        foreach (var length in Enumerable.Range(0, 600).Concat(Enumerable.Range(1, 2000).Select(i => i * 1199)))
        {
            if (length < library.Length)
            {
                Assert.Throws<DsdException>(() => ElfSymbolVersions.Weaken(library.AsSpan(0, length), Wanted));
            }
        }
    }

    [Property(MaxTest = 400)]
    public void Weaken_BytesDamaged_GivesAResultOrSaysSo(int seed)
    {
        var library = (byte[])Library.Clone();
        var random = CounterRandom.For(seed, "damage");
        var (start, length) = NeedSection();
        var table = (int)BinaryPrimitives.ReadUInt64LittleEndian(library.AsSpan(40));
        (int Start, int Length)[] regions = [(0, 64), (table, library.Length - table), (start, length), (0, library.Length)];
        var count = 1 + random.Below(0, 8);
        for (var i = 0; i < count; i++)
        {
            var region = regions[random.Below((3 * i) + 1, regions.Length)];
            library[region.Start + random.Below((3 * i) + 2, region.Length)] = (byte)random.Bits((3 * i) + 3);
        }

        ResultOrDsdException(library);
    }

    [Property]
    public void Weaken_ArbitraryBytes_GivesAResultOrSaysSo(byte[] bytes, bool withHeader) =>
        ResultOrDsdException(withHeader ? [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, .. new byte[58], .. bytes] : bytes);

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(15u)]
    [InlineData(16u)]
    [InlineData(uint.MaxValue)]
    public void Weaken_DistancesBetweenEntriesHostile_Ends(uint distance)
    {
        var library = (byte[])Library.Clone();
        var (start, length) = NeedSection();
        for (var at = start + 12; at + 4 <= start + length; at += 16)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(library.AsSpan(at), distance);
        }

        ResultOrDsdException(library);
    }

    [Theory]
    [InlineData(4, 1, "64-bit")]
    [InlineData(5, 2, "little-endian")]
    [InlineData(0, 0, "ELF header")]
    [InlineData(58, 1, "section headers are")]
    [InlineData(47, 0xFF, "beyond the end")]
    public void Weaken_HeaderWrong_SaysWhat(int at, byte value, string reason)
    {
        var library = (byte[])Library.Clone();
        library[at] = value;

        var error = Assert.Throws<DsdException>(() => ElfSymbolVersions.Weaken(library, Wanted));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private static void ResultOrDsdException(byte[] library)
    {
        try
        {
            ElfSymbolVersions.Weaken(library, Wanted);
        }
        catch (DsdException error)
        {
            Assert.NotEmpty(error.Message);
        }
    }

    private static (int Start, int Length) NeedSection()
    {
        var table = (int)BinaryPrimitives.ReadUInt64LittleEndian(Library.AsSpan(40));
        var header = Enumerable.Range(0, BinaryPrimitives.ReadUInt16LittleEndian(Library.AsSpan(60)))
            .Select(i => table + (i * 64))
            .Single(at => BinaryPrimitives.ReadUInt32LittleEndian(Library.AsSpan(at + 4)) == 0x6FFFFFFE);
        return ((int)BinaryPrimitives.ReadUInt64LittleEndian(Library.AsSpan(header + 24)),
            (int)BinaryPrimitives.ReadUInt64LittleEndian(Library.AsSpan(header + 32)));
    }

    private static uint ElfHash(string name)
    {
        var hash = 0u;
        foreach (var c in name)
        {
            hash = (hash << 4) + c;
            var high = hash & 0xF0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }

        return hash;
    }
}
