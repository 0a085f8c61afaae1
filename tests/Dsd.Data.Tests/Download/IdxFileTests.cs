using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dsd.Data.Tests;

public class IdxFileTests
{
    private static Arbitrary<(int[] Dims, byte[] Items, bool Compress)> Contents =>
        (from dims in Gen.Choose(0, 5).ArrayOf().Where(d => d.Length is >= 1 and <= 4)
         from items in Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf(dims.Aggregate(1, (a, b) => a * b))
         from compress in Gen.Elements(false, true)
         select (dims, items, compress)).ToArbitrary();

    [Property]
    public Property Read_AnySmallFile_GivesBackWhatWasWritten() => Prop.ForAll(Contents, c =>
    {
        var bytes = Tiny.Idx(c.Dims, c.Items);
        var idx = Tiny.Read(c.Compress ? Tiny.Gzip(bytes) : bytes);
        return idx.Dims.SequenceEqual(c.Dims)
            && idx.Items.Span.SequenceEqual(c.Items)
            && idx.Sha256() == Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
    });

    [Property]
    public Property Read_TruncatedAnywhere_ThrowsDsdException() => Prop.ForAll(Contents, Gen.Choose(0, 10_000).ToArbitrary(), (c, cut) =>
    {
        var bytes = Tiny.Idx(c.Dims, c.Items);
        var file = c.Compress ? Tiny.Gzip(bytes) : bytes;
        return Throws(file[..(cut % file.Length)]);
    });

    [Property]
    public Property Read_OneHeaderByteChanged_GivesAResultOrDsdException() => Prop.ForAll(
        Contents, Gen.Choose(0, 10_000).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (c, at, value) =>
        {
            var bytes = Tiny.Idx(c.Dims, c.Items);
            bytes[at % (4 + (4 * c.Dims.Length))] = (byte)value;
            return ResultOrDsdException(c.Compress ? Tiny.Gzip(bytes) : bytes);
        });

    [Property]
    public Property Read_OneCompressedByteChanged_GivesAResultOrDsdException() => Prop.ForAll(
        Contents, Gen.Choose(0, 10_000).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (c, at, value) =>
        {
            var bytes = Tiny.Gzip(Tiny.Idx(c.Dims, c.Items));
            bytes[at % bytes.Length] = (byte)value;
            return ResultOrDsdException(bytes);
        });

    [Theory]
    [InlineData("00000801 00000002 0509", "[2]", "0509")]
    [InlineData("00000802 00000002 00000001 0509", "[2, 1]", "0509")]
    [InlineData("00000804 00000001 00000001 00000001 00000002 0509", "[1, 1, 1, 2]", "0509")]
    [InlineData("00000803 00000000 0000001C 0000001C", "[0, 28, 28]", "")]
    public void Read_RightFile_GivesSizesAndItems(string hex, string dims, string items)
    {
        var idx = Tiny.Read(Convert.FromHexString(hex.Replace(" ", "")));
        Assert.Equal(dims, idx.Dims.ToString());
        Assert.Equal(items, Convert.ToHexString(idx.Items.Span));
    }

    [Theory]
    [InlineData("", "ends early")]
    [InlineData("000008", "ends early")]
    [InlineData("00000800", "starts with the bytes 00000800")]
    [InlineData("00000805 00000001 00000001 00000001 00000001 00000001 05", "starts with the bytes 00000805")]
    [InlineData("00000901 00000001 05", "starts with the bytes 00000901")]
    [InlineData("00000D01 00000001 00000000", "starts with the bytes 00000d01")]
    [InlineData("01000801 00000001 05", "starts with the bytes 01000801")]
    [InlineData("00010801 00000001 05", "starts with the bytes 00010801")]
    [InlineData("00000802 00000001", "expected 2 sizes of four bytes, found 4 of 8 bytes")]
    [InlineData("00000801 00000002 05", "announces 2 = 2 bytes of items, more than the file can hold")]
    [InlineData("00000801 00000001 0509", "continues after the 1 = 1 bytes")]
    [InlineData("00000801 FFFFFFFF 05", "gives 4294967295 as size 1 of 1, at most 1073741824")]
    [InlineData("00000801 40000001 05", "gives 1073741825 as size 1 of 1")]
    [InlineData("00000801 40000000 05", "more than the file can hold")]
    [InlineData("00000804 40000000 40000000 40000000 40000000 05", "at most 1073741824 are allowed")]
    [InlineData("00000803 40000000 00000000 40000000 05", "continues after")]
    public void Read_WrongFile_SaysWhatIsWrongWhereAndHowToMendIt(string hex, string expected)
    {
        var error = Assert.Throws<DsdException>(() => Tiny.Read(Convert.FromHexString(hex.Replace(" ", "")), "/data/x.idx"));
        Assert.Contains(expected, error.Message);
        Assert.Contains("'/data/x.idx'", error.Message);
        Assert.Contains("download the data set again", error.Message);
    }

    [Fact]
    public void Read_SmallCompressedFileThatAnnouncesAGigabyte_IsRefusedWithoutReadingOn()
    {
        var file = Tiny.Gzip(Convert.FromHexString("000008014000000005"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<DsdException>(() => Tiny.Read(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
    }

    [Fact]
    public void Read_NoSuchFile_ThrowsDsdExceptionWithThePath()
    {
        using var folder = new TempFolder();
        Assert.Contains(folder["none"], Assert.Throws<DsdException>(() => IdxFile.Read(folder["none"])).Message);
        Assert.Contains(folder["no", "folder"], Assert.Throws<DsdException>(() => IdxFile.Read(folder["no", "folder"])).Message);
    }

    [Fact]
    public void Read_AFolder_ThrowsDsdException()
    {
        using var folder = new TempFolder();
        Assert.Throws<DsdException>(() => IdxFile.Read(folder.Root));
    }

    private static bool Throws(byte[] bytes)
    {
        try
        {
            Tiny.Read(bytes);
            return false;
        }
        catch (DsdException)
        {
            return true;
        }
    }

    private static bool ResultOrDsdException(byte[] bytes)
    {
        try
        {
            var idx = Tiny.Read(bytes);
            return idx.Items.Length == idx.Dims.Aggregate(1L, (a, b) => a * b);
        }
        catch (DsdException)
        {
            return true;
        }
    }
}
