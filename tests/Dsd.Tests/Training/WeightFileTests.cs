using System.Text;
using Dsd.Training;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

public sealed class WeightFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Load_WhatWasSaved_GivesTheSameBits()
    {
        using var net = new ToyNet(5, 7);
        using var copy = new ToyNet(5, 7);
        WeightFile.Save(net, _path);
        WeightFile.Load(copy, _path);
        ToyCase.AssertSameBits(ToyCase.Weights(net), ToyCase.Weights(copy));
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(_path) + "*.part"));
    }

    [Property(MaxTest = 60)]
    public void Load_DamagedFile_IsRefusedOrStillFits(int seed)
    {
        using var net = new ToyNet(3, 2);
        WeightFile.Save(net, _path);
        var bytes = File.ReadAllBytes(_path);
        var random = CounterRandom.For(seed, "damage");
        bytes = random.Below(0, 2) == 0 ? bytes[..random.Below(1, bytes.Length)] : bytes;
        for (var i = 2; i < 4 && bytes.Length > 0; i++)
        {
            bytes[random.Below(i, Math.Min(bytes.Length, 300))] = (byte)random.Bits(i + 10);
        }

        File.WriteAllBytes(_path, bytes);
        var before = ToyCase.Weights(net);
        try
        {
            WeightFile.Load(net, _path);
        }
        catch (DsdException)
        {
            ToyCase.AssertSameBits(before, ToyCase.Weights(net));
        }
    }

    [Theory]
    [InlineData("""{"a":1}""", "made for another model")]
    [InlineData("[1]", "its header is not an object")]
    [InlineData("{ ", "its header cannot be read")]
    public void Load_OddHeader_IsRefused(string header, string message)
    {
        using var net = new ToyNet(3, 2);
        File.WriteAllBytes(_path, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header)]);
        Assert.Contains(message, Assert.Throws<DsdException>(() => WeightFile.Load(net, _path)).Message);
        File.WriteAllBytes(_path, BitConverter.GetBytes(long.MaxValue));
        Assert.Throws<DsdException>(() => WeightFile.Load(net, _path));
    }

    [Fact]
    public void Load_AnotherModelsFileOrNone_SaysWhatDiffers()
    {
        using var net = new ToyNet(3, 2);
        using var wide = new ToyNet(3, 4);
        using var plain = new ToyNet(3, 2, norm: false);
        Assert.Contains("no such weight file", Assert.Throws<DsdException>(() => WeightFile.Load(net, _path)).Message);
        WeightFile.Save(net, _path);
        Assert.Contains("net.fc1.weight is F32 (2, 3) in the file and F32 (4, 3) in the model", Assert.Throws<DsdException>(() => WeightFile.Load(wide, _path)).Message);
        Assert.Contains("the model lacks net.bn.bias", Assert.Throws<DsdException>(() => WeightFile.Load(plain, _path)).Message);
    }
}
