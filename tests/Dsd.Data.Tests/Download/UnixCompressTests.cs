using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Dsd.Optimizers;

namespace Dsd.Data.Tests;

public class UnixCompressTests
{
    // What gzip reads as this text, after the header 1f 9d 90.
    private const string Text = "abababababababab to be or not to be, that is to be";
    private const string Codes = "61c4041c28b020411074de80105306c41b3920dcbca1835021431608d184a198664ec5856500";

    [Fact]
    public void TryExpand_KnownCodes_GivesTheText()
    {
        using var target = new MemoryStream();
        Assert.True(UnixCompress.TryExpand(Convert.FromHexString(Codes), target));
        Assert.Equal(Text, Encoding.ASCII.GetString(target.ToArray()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(10_000)]
    [InlineData(70_000)]
    public void TryExpand_EveryWidth_GivesTheBytes(int count)
    {
        var bytes = Tiny.Bytes(count);
        using var target = new MemoryStream();
        Assert.True(UnixCompress.TryExpand(Uncompressed(bytes), target));
        Assert.Equal(bytes, target.ToArray());
    }

    [Theory]
    [InlineData("ff03")]
    [InlineData("00fe07")]
    public void TryExpand_CodeThatIsNotYet_IsRefused(string codes) =>
        Assert.False(UnixCompress.TryExpand(Convert.FromHexString(codes), Stream.Null));

    [Fact]
    public void TryExpand_AnyBytes_EndsWithoutAnException()
    {
        for (var i = 0; i < 200; i++)
        {
            _ = UnixCompress.TryExpand(Tiny.Bytes(i * 7, purpose: $"codes {i}"), Stream.Null);
        }
    }

    [Fact]
    public void Archive_ItsPieces_GiveTheLinesAfterTheFirst()
    {
        var archive = Archive("A title.\nGe1:1 In the", " beginning\nGe1:2 And\n");
        Assert.Equal("Ge1:1 In the beginning\nGe1:2 And\n", Encoding.ASCII.GetString(BibleArchive.Read(archive)!));
    }

    [Fact]
    public void Archive_DamagedAnywhereInItsHead_IsRefusedOrReadWithoutAnException()
    {
        var archive = Archive("A title.\nGe1:1 In the", " beginning\n");
        Assert.Null(BibleArchive.Read([]));
        Assert.Null(BibleArchive.Read([0, .. archive[1..]]));
        foreach (var at in Enumerable.Range(84, 20))
        {
            var damaged = archive.ToArray();
            damaged[at] = 0xEE;
            _ = BibleArchive.Read(damaged);
        }

        foreach (var length in Enumerable.Range(0, 100))
        {
            Assert.Null(BibleArchive.Read(archive.AsSpan(0, length)));
        }
    }

    /// <summary>Codes of single bytes alone, which fill the table of the reader all the same.</summary>
    private static byte[] Uncompressed(byte[] bytes)
    {
        var codes = new byte[(bytes.Length * 2) + 64];
        var (at, start, width, next) = (0, 0, 9, 257);
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(codes.AsSpan(at / 8)) | ((uint)bytes[i] << (at % 8));
            BinaryPrimitives.WriteUInt32LittleEndian(codes.AsSpan(at / 8), bits);
            at += width;
            next += i > 0 && next < 1 << 16 ? 1 : 0;
            if (BitOperations.IsPow2(next) && next == 1 << width && width < 16)
            {
                var eight = 8 * width;
                (at, width) = (start + ((at - start + eight - 1) / eight * eight), width + 1);
                start = at;
            }
        }

        return codes[..((at + 7) / 8)];
    }

    private static byte[] Archive(params string[] pieces)
    {
        var file = new MemoryStream();
        file.Write(Encoding.ASCII.GetBytes("EC02Compressed Data File".PadRight(80, '\0')));
        var codes = pieces.Select(p => Uncompressed(Encoding.ASCII.GetBytes(p))).ToList();
        var place = 84 + 8 + (4 * pieces.Length);
        Number(0);
        Number(1 << 16);
        Number(pieces.Length);
        foreach (var piece in codes)
        {
            Number(place);
            place += piece.Length;
        }

        codes.ForEach(piece => file.Write(piece));
        return file.ToArray();

        void Number(int number)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, number);
            file.Write(bytes);
        }
    }
}
