using System.Text;
using Dsd.Checkpoints;
using Dsd.Tests.Training;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Checkpoints;

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

        try
        {
            foreach (var (name, shape) in WeightFile.Shapes(_path))
            {
                using var tensor = WeightFile.ReadTensor(_path, name);
                Assert.Equal(shape, tensor.shape);
            }
        }
        catch (DsdException)
        {
            // Refused, as it should be.
        }
    }

    [Fact]
    public void ReadTensor_OneOfAFile_IsAsSaved()
    {
        using var net = new ToyNet(3, 2);
        WeightFile.Save(net, _path);
        Assert.Equal(net.state_dict().ToDictionary(t => t.Key, t => string.Join('×', t.Value.shape)), WeightFile.Shapes(_path).ToDictionary(t => t.Key, t => string.Join('×', t.Value)));
        using var tensor = WeightFile.ReadTensor(_path, "net.fc1.weight");
        Assert.True(tensor.equal(net.state_dict()["net.fc1.weight"]).all().item<bool>());
        Assert.Contains("no tensor 'net.fc9.weight'; it holds net.", Assert.Throws<DsdException>(() => WeightFile.ReadTensor(_path, "net.fc9.weight")).Message);
        Assert.Contains("no such file", Assert.Throws<DsdException>(() => WeightFile.Shapes(_path + "x")).Message);
    }

    [Theory]
    [InlineData("[4611686018427387904, 4611686018427387904]")]
    [InlineData("[-1, 0]")]
    [InlineData("[4611686018427387904, 0]")]
    [InlineData("[1000000000]")]
    public void ReadTensor_SizesThatCannotBe_AreRefusedBeforeAnythingIsAllocated(string shape)
    {
        var header = """{"a":{"dtype":"F32","shape":SHAPE,"data_offsets":[0,4]}}""".Replace("SHAPE", shape, StringComparison.Ordinal);
        File.WriteAllBytes(_path, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), 0, 0, 0, 0]);
        Assert.Contains("not a whole .safetensors file", Assert.Throws<DsdException>(() => WeightFile.ReadTensor(_path, "a")).Message);
    }

    [Theory]
    [InlineData("""{"a":1}""", "its entry for a cannot be read")]
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

    [Theory]
    [InlineData("overlap", "the values of b begin at 8 and those of a end at 12")]
    [InlineData("hole", "the values of b begin at 16 and those of a end at 12")]
    [InlineData("trailing", "its values end at 24, and the file goes on to 28")]
    [InlineData("late", "the values of a begin at 4, not at 0")]
    [InlineData("short", "the values of b do not lie within it: they end at 24, and the file at 20")]
    [InlineData("backwards", "its entry for a cannot be read")]
    [InlineData("size", "a is said to be F32 (3) and to take 16 bytes")]
    public void Read_TensorsThatDoNotFillTheFile_AreRefused(string how, string message)
    {
        var ((a, b), bytes) = how switch
        {
            "overlap" => (((0, 12), (8, 20)), 20),
            "hole" => (((0, 12), (16, 28)), 28),
            "trailing" => (((0, 12), (12, 24)), 28),
            "late" => (((4, 16), (16, 28)), 28),
            "short" => (((0, 12), (12, 24)), 20),
            "backwards" => (((12, 0), (0, 12)), 12),
            _ => (((0, 16), (16, 28)), 28),
        };
        Write($$"""{"b":{"dtype":"F32","shape":[3],"data_offsets":[{{b.Item1}},{{b.Item2}}]},"a":{"dtype":"F32","shape":[3],"data_offsets":[{{a.Item1}},{{a.Item2}}]} }""", new byte[bytes]);
        using var net = new ToyNet(3, 2);
        foreach (var read in new Action[] { () => WeightFile.Load(net, _path), () => WeightFile.Shapes(_path), () => WeightFile.ReadTensor(_path, "a").Dispose() })
        {
            Assert.Contains(message, Assert.Throws<DsdException>(read).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Load_EmptyTensorsAndAnyOrder_FillTheFile()
    {
        Write("""{"z":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"b":{"dtype":"U8","shape":[0,3],"data_offsets":[4,4]} }""", new byte[4]);
        Assert.Equal(["a", "b", "z"], WeightFile.Shapes(_path).Keys.Order());
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "∞")]
    public void Load_AWeightThatIsNoFiniteNumber_NamesTensorAndFirstIndex(float value, string shown)
    {
        using var net = new ToyNet(5, 7);
        using var damaged = new ToyNet(5, 7);
        var (name, weight) = damaged.named_parameters().First(p => p.parameter.dim() == 2);
        using (no_grad())
        {
            weight[2, 1] = value;
            weight[3, 0] = value;
        }

        WeightFile.Save(damaged, _path);
        var before = ToyCase.Weights(net);
        var message = Assert.Throws<DsdException>(() => WeightFile.Load(net, _path)).Message;
        Assert.Contains($"{name} holds {shown} at [2, 1], the first of 2", message, StringComparison.Ordinal);
        ToyCase.AssertSameBits(before, ToyCase.Weights(net));
    }

    [Fact]
    public void Load_InfinityInABufferOrAFrozenParameter_GivesTheSameBits()
    {
        using var net = Masked();
        using var copy = Masked();
        using (no_grad())
        {
            net.get_parameter("net.fc2.weight")!.fill_(float.NegativeInfinity);
        }

        WeightFile.Save(net, _path);
        copy.get_buffer("mask")!.zero_();
        WeightFile.Load(copy, _path);
        Assert.Equal(net.get_buffer("mask")!.data<float>().ToArray(), copy.get_buffer("mask")!.data<float>().ToArray());
        ToyCase.AssertSameBits(ToyCase.Weights(net), ToyCase.Weights(copy));

        static ToyNet Masked()
        {
            var net = new ToyNet(5, 7);
            net.register_buffer("mask", full(3, 3, float.NegativeInfinity).triu(1));
            net.get_parameter("net.fc2.weight")!.requires_grad = false;
            return net;
        }
    }

    [Theory]
    [InlineData("net.bn.running_mean")]
    [InlineData("net.bn.running_var")]
    public void Load_RunningStatisticsThatAreNotFinite_AreRefused(string name)
    {
        using var net = new ToyNet(5, 7);
        net.get_buffer(name)!.fill_(float.NaN);
        WeightFile.Save(net, _path);
        Assert.Contains($"{name} holds NaN at [0], the first of 7", Assert.Throws<DsdException>(() => WeightFile.Load(net, _path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ATypeThatIsNotRead_IsRefusedByNameOnlyWhereItIsWanted()
    {
        Write("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[4,6]} }""", [0, 0, 128, 63, 1, 2]);
        Assert.Equal(2, WeightFile.Shapes(_path)["b"][0]);
        using var a = WeightFile.ReadTensor(_path, "a");
        Assert.Equal(1, a.item<float>());
        var message = Assert.Throws<DsdException>(() => WeightFile.ReadTensor(_path, "b")).Message;
        Assert.Contains("b has the type F8_E4M3, which is not read; the types read are F64, F32", message, StringComparison.Ordinal);
        Assert.DoesNotContain("not a whole", message, StringComparison.Ordinal);
        using var net = nn.Sequential(("fc", nn.Linear(1, 1)));
        Write("""{"fc.weight":{"dtype":"F8_E4M3","shape":[1,1],"data_offsets":[0,1]},"fc.bias":{"dtype":"F32","shape":[1],"data_offsets":[1,5]} }""", new byte[5]);
        Assert.Contains("fc.weight has the type F8_E4M3", Assert.Throws<DsdException>(() => WeightFile.Load(net, _path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NormsWithoutTheirCountOfBatches_BeginAtZero()
    {
        using var old = nn.Sequential(("fc", nn.Linear(3, 4)), ("bn", nn.BatchNorm1d(4)));
        using var net = nn.Sequential(("fc", nn.Linear(3, 4)), ("bn", nn.BatchNorm1d(4)));
        using var first = rand(8, 3);
        net.train();
        net.forward(first).Dispose();
        WeightFile.Save(old, _path);
        WithoutCounts();
        WeightFile.Load(net, _path);
        Assert.Equal(0, net.state_dict()["bn.num_batches_tracked"].item<long>());
        Assert.Equal(old.state_dict()["fc.weight"].data<float>().ToArray(), net.state_dict()["fc.weight"].data<float>().ToArray());

        // Any other that is missing still makes it another model's.
        Assert.Contains("the file lacks", Assert.Throws<DsdException>(() => WeightFile.Load(new ToyNet(5, 7), _path)).Message, StringComparison.Ordinal);
    }

    /// <summary>Writes the file again without the counts that PyTorch has kept since version 0.4.1.</summary>
    private void WithoutCounts()
    {
        var (header, values) = (new System.Text.Json.Nodes.JsonObject(), new MemoryStream());
        var bytes = File.ReadAllBytes(_path);
        var start = 8 + (int)BitConverter.ToInt64(bytes);
        foreach (var (name, entry) in System.Text.Json.Nodes.JsonNode.Parse(bytes.AsSpan(8, start - 8))!.AsObject().Where(e => e.Key != "__metadata__" && !e.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
        {
            var (from, to) = ((int)entry!["data_offsets"]![0]!, (int)entry["data_offsets"]![1]!);
            var copy = entry.DeepClone();
            copy["data_offsets"] = new System.Text.Json.Nodes.JsonArray(values.Length, values.Length + to - from);
            header[name] = copy;
            values.Write(bytes, start + from, to - from);
        }

        Write(header.ToJsonString(), values.ToArray());
    }

    private void Write(string header, byte[] values) =>
        File.WriteAllBytes(_path, [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. values]);
}
