using System.Text.Json;
using Dsd.Checkpoints;
using Dsd.Masks;
using Dsd.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Cli.Tests;

/// <summary><c>dsd train --init</c> and <c>dsd inspect</c>: weights that come from elsewhere, and what is in a file.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class WeightTests(Runs runs) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Init_WeightsOfARun_ListsThemAndRunsAgainFromItsConfig()
    {
        _ = runs.Json;
        var first = DsdProcess.Run(_folder.Root, ["train", .. Runs.Small, "--arms", "dsd", "--init", runs.Folder["json", "dsd", "weights.safetensors"], "--init-except", "fc3.*", "--init-except", "fc2.bias", "--out", "first"]).Succeeded();

        const string list = "  loaded: 3: fc1.weight, fc1.bias, fc2.weight\n  left as initialised: 3: fc2.bias, fc3.weight, fc3.bias\n  not used of the file: 3: fc2.bias, fc3.bias, fc3.weight\n";
        Assert.Contains(list, first.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.EndsWith(list, File.ReadAllText(_folder["first", "init.txt"]), StringComparison.Ordinal);

        DsdProcess.Run(_folder.Root, "train", "--config", "first", "--quiet", "--out", "second").Succeeded();
        Assert.Equal(File.ReadAllBytes(_folder["first", "dsd", "weights.safetensors"]), File.ReadAllBytes(_folder["second", "dsd", "weights.safetensors"]));
        Assert.Equal(File.ReadAllText(_folder["first", "init.txt"]), File.ReadAllText(_folder["second", "init.txt"]));

        // A run that starts at random in its place leaves no list of the other.
        DsdProcess.Run(_folder.Root, ["train", .. Runs.Small, "--arms", "dsd", "--quiet", "--force", "--out", "first"]).Succeeded();
        Assert.False(File.Exists(_folder["first", "init.txt"]));
    }

    [Fact]
    public void Init_HalfPrecisionOfEarlierVersionsConfig_IsLoadedAndSaidToBeConverted()
    {
        using var scope = NewDisposeScope();
        SafeTensorsFile.Write(_folder["half.safetensors"], ModelCatalog.Get("lenet-300-100").Create(1, 10).state_dict().ToDictionary(t => $"module.{t.Key}", t => t.Value.to(ScalarType.BFloat16)));
        var config = File.ReadAllText(runs.Folder["json", "run.json"]);
        File.WriteAllText(_folder["old.json"], config.Insert(config.IndexOf('{', StringComparison.Ordinal) + 1, "\"weights\": \"half.safetensors\","));

        DsdProcess.Run(_folder.Root, "train", "--config", "old.json", "--quiet", "--out", "run").Succeeded();

        var text = File.ReadAllText(_folder["run", "init.txt"]);
        Assert.Contains("half.safetensors, without the prefix 'module.' of its names\n", text, StringComparison.Ordinal);
        Assert.Contains("of these converted from BF16 to F32: 6: fc1.weight", text, StringComparison.Ordinal);
        Assert.Contains("\"init\": ", File.ReadAllText(_folder["run", "run.json"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--init gone.safetensors", "--init gone.safetensors: there is no such weight file.")]
    [InlineData("--init none", "--init none: the folder holds no .safetensors file and no *.safetensors.index.json.")]
    [InlineData("--init net.pth", "--init net.pth: a file of torch.save, which holds a Python pickle")]
    [InlineData("--init cut.safetensors", "--init cut.safetensors: not a whole .safetensors file")]
    [InlineData("--init-except fc*", "--init-except leaves out some of the weights of --init, which is not given")]
    [InlineData("--init JSON --init-except fx*", "is named like 'fx*', which is to be left as initialised. The nearest names are fc")]
    [InlineData("--init JSON --init-except *", "nothing of it would be loaded: all is excepted")]
    [InlineData("--init JSON --model lenet-5", "made for another model: the file lacks conv1.bias, conv1.weight, conv2.bias, conv2.weight")]
    public void Init_FilesAndPatternsThatDoNotFit_AreRefusedAndNothingIsWritten(string options, string message)
    {
        _ = runs.Json;
        Directory.CreateDirectory(_folder["none"]);
        File.WriteAllBytes(_folder["net.pth"], [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]);
        File.WriteAllBytes(_folder["cut.safetensors"], File.ReadAllBytes(runs.Folder["json", "dsd", "weights.safetensors"])[..999]);
        string[] small = options.Contains("--model", StringComparison.Ordinal) ? Runs.Small[2..] : Runs.Small;

        var outcome = DsdProcess.Run(_folder.Root, ["train", .. small, "--out", "run", .. options.Replace("JSON", runs.Folder["json", "dsd"], StringComparison.Ordinal).Split(' ')]);

        outcome.Refused();
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public void Inspect_FileWithMasksAndState_ShowsEachInTextAndJson()
    {
        using var scope = NewDisposeScope();
        var weight = ones(2, 8);
        weight[0, 1] = 0;
        SafeTensorsFile.Write(
            _folder["state.safetensors"],
            [new("fc.weight", weight.mul(tensor(new float[] { 1, 0, 1, 0, 0, 1, 0, 1 }))), new("fc.bias", tensor(new[] { float.NaN, 1 })), new("dsd/mask/fc.weight", MaskTensor.Of(new BitMask([0b1010_0101_1010_0101], 16), [2, 8])), new("dsd/optimizer/fc.weight", zeros(3))],
            [new("dsd.phase", "sparse"), new("dsd.step", "12"), new("note", "\u001b[31mred \u202egnp")]);

        var text = DsdProcess.Run(_folder.Root, "inspect", "state.safetensors").Succeeded().Out;
        Assert.Contains("state.safetensors: 2 tensors, 18 numbers\n", text, StringComparison.Ordinal);
        Assert.Matches(@"\| fc\.weight \| F32 +\| +2×8 \| +16 \| 50\.00 % \| 1:2 \| 50\.00 % \| +1:2 \|", text);
        Assert.Matches(@"\| fc\.bias .*\| 1 not finite, first NaN at \[0\] +\|", text);
        Assert.Matches(@"\| dsd\.phase \| sparse +\|", text);
        Assert.Contains("Besides, of a checkpoint: 1 tensor, such as dsd/optimizer/fc.weight\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
        Assert.DoesNotContain('\u202e', text);
        Assert.Contains(TextTable.Escape("\\u001b[31mred \\u202egnp"), text, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(DsdProcess.Run(_folder.Root, "inspect", ".", "--json").Succeeded().Out);
        var fc = json.RootElement.GetProperty("tensors").EnumerateArray().Single(t => t.GetProperty("name").GetString() == "fc.weight");
        Assert.Equal((8, "1:2", 8), (fc.GetProperty("zeros").GetInt64(), fc.GetProperty("nOfM").GetString(), fc.GetProperty("mask").GetProperty("kept").GetInt64()));
        Assert.Equal("12", json.RootElement.GetProperty("metadata").GetProperty("dsd.step").GetString());
        Assert.Equal("dsd/optimizer/fc.weight", json.RootElement.GetProperty("others")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("gone.safetensors", "FILE gone.safetensors: there is no such file.")]
    [InlineData(".", "the folder holds no .safetensors file")]
    public void Inspect_NoSuchFile_IsRefused(string path, string message)
    {
        var outcome = DsdProcess.Run(_folder.Root, "inspect", path);
        outcome.Refused();
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }
}
