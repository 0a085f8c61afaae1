using Dsd.Checkpoints;
using static TorchSharp.torch;

namespace Dsd.Tests.Checkpoints;

public sealed class SafeTensorsFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    /// <summary>PyTorch's reader views the bytes of the file as numbers, which must lie at a multiple of their size.</summary>
    [Fact]
    public void Write_TypesOfEverySize_AreAlignedAndReadBack()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["mask"] = tensor(new[] { true, false, true }),
            ["half"] = tensor(new[] { 1.5f, 2, 3 }, dtype: bfloat16),
            ["single"] = rand(5),
            ["count"] = tensor(7L),
            ["none"] = zeros(0, 3, dtype: float64),
            ["double"] = rand(3, dtype: float64),
        };
        SafeTensorsFile.Write(_path, tensors);

        using var file = SafeTensorsFile.Open(_path);
        var header = SafeTensorsHeader.Read(file, _path);
        Assert.Equal(tensors.Keys.Order(), header.Tensors.Keys.Order());
        Assert.All(header.Tensors, t => Assert.True((header.Start + t.Value.Begin) % tensors[t.Key].ElementSize == 0, $"{t.Key} begins at {header.Start + t.Value.Begin}"));
        Assert.All(tensors, t => Assert.True(SafeTensorsFile.Read(file, header, t.Key).equal(t.Value).all().item<bool>()));
    }

    [Theory]
    [InlineData(1, 12)]
    [InlineData(8, 6)]
    [InlineData(20, 3)]
    [InlineData(48, 1)]
    [InlineData(1 << 30, 1)]
    public void Pieces_OfATensor_AreItsMemoryInOrder(long mostBytes, int count)
    {
        using var scope = NewDisposeScope();
        var whole = arange(12, dtype: float32).view(3, 4);
        var pieces = SafeTensorsFile.Pieces(whole, mostBytes).ToList();
        Assert.Equal(count, pieces.Count);
        Assert.Equal(whole.bytes.ToArray(), pieces.SelectMany(p => p.bytes.ToArray()));
        Assert.Empty(SafeTensorsFile.Pieces(zeros(0, 3), mostBytes));
        Assert.Single(SafeTensorsFile.Pieces(tensor(1f), mostBytes));
    }

    [Fact]
    public void Write_ATypeThatTheFormatLacksOrOneNameTwice_IsRefusedAndLeavesNothing()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<DsdException>(() => SafeTensorsFile.Write(_path, [new("a", zeros(2, dtype: complex64))]));
        Assert.Contains("the type ComplexFloat32", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SafeTensorsFile.Write(_path, [new("a", zeros(2)), new("a", zeros(3))]));
        Assert.False(File.Exists(_path));
    }
}
