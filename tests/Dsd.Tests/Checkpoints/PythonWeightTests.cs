using System.Text.Json;
using Dsd.Checkpoints;
using Dsd.Masks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Checkpoints;

/// <summary>Weight files go to Python and come from it, by its package safetensors where that is installed and else by NumPy (<c>weights.py</c>).</summary>
public sealed class PythonWeightTests : IDisposable
{
    private static readonly Lazy<string?> s_numpy = new(() => PythonWith("numpy"));
    private static readonly Lazy<string?> s_torch = new(() => PythonWith("numpy", "torch"));

    private readonly string _folder = Directory.CreateTempSubdirectory("dsd-python-").FullName;
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [SkippableFact]
    public void Python_OpensOurFile_WithTheSameValuesMasksAndTexts()
    {
        Skip.If(s_numpy.Value is null, "no python3 that can import numpy");
        var net = nn.Sequential(("fc1", nn.Linear(3, 5)), ("bn", nn.BatchNorm1d(5)));
        var mask = new BitMask([0b101_1001_1100_0111], 15);
        WeightFile.Save(net, At("ours.safetensors"), new Dictionary<string, BitMask> { ["fc1.weight"] = mask }, new Dictionary<string, string> { ["dsd.phase"] = "sparse „ä“" });

        using var read = JsonDocument.Parse(Python(s_numpy.Value!, "read", At("ours.safetensors")));
        var tensors = read.RootElement.GetProperty("tensors").EnumerateObject().ToDictionary(t => t.Name, t => t.Value);
        Assert.Equal(net.state_dict().Keys.Append("dsd/mask/fc1.weight").Order(), tensors.Keys.Order());
        Assert.All(net.state_dict(), t =>
        {
            Assert.Equal(t.Value.shape, tensors[t.Key].GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()));
            Assert.Equal(t.Value.is_floating_point() ? "float32" : "int64", tensors[t.Key].GetProperty("type").GetString());
            Assert.Equal(t.Value.to(float64).data<double>().ToArray(), tensors[t.Key].GetProperty("values").EnumerateArray().Select(v => v.GetDouble()));
        });
        Assert.Equal("bool", tensors["dsd/mask/fc1.weight"].GetProperty("type").GetString());
        Assert.Equal(Enumerable.Range(0, 15).Select(i => mask[i]), tensors["dsd/mask/fc1.weight"].GetProperty("values").EnumerateArray().Select(v => v.GetBoolean()));
        Assert.Equal("sparse „ä“", read.RootElement.GetProperty("metadata").GetProperty("dsd.phase").GetString());
    }

    [SkippableFact]
    public void Load_FilesOfPython_GivesTheirValues()
    {
        Skip.If(s_numpy.Value is null, "no python3 that can import numpy");
        Python(s_numpy.Value!, "write", _folder);
        foreach (var (file, converted, prefix) in new[] { ("f32.safetensors", 0, ""), ("f64.safetensors", 4, ""), ("f16.safetensors", 4, ""), ("bf16.safetensors", 4, ""), ("module.safetensors", 0, "module."), ("shards", 0, "") })
        {
            var net = Net();
            var loaded = WeightFile.Load(net, At(file));
            Assert.Equal((4, converted, prefix), (loaded.Loaded.Count, loaded.Converted.Count, loaded.Prefix));
            Assert.Equal(Enumerable.Range(0, 20).Select(i => (i - 7) / 4f), Values(net, "fc1.weight"));
            Assert.Equal(Enumerable.Range(0, 5).Select(i => i / 8f), Values(net, "fc1.bias"));
            Assert.Equal(Enumerable.Range(0, 15).Select(i => (i - 5) / 2f), Values(net, "fc2.weight"));
            Assert.Equal([0, 1, 2], Values(net, "fc2.bias"));
        }
    }

    [SkippableFact]
    public void Torch_LoadsOurFileAndExportsIt_WithTheSameScores()
    {
        Skip.If(s_torch.Value is null, "no python3 that can import torch");
        var net = Net();
        WeightFile.Save(net, At("net.safetensors"), new Dictionary<string, BitMask> { ["fc1.weight"] = BitMask.All(20) });

        using var result = JsonDocument.Parse(Python(s_torch.Value!, "onnx", At("net.safetensors"), At("net.onnx")).Split('\n')[^1]);
        var scores = net.call(arange(8, dtype: float32).view(2, 4) / 4).flatten().data<float>().ToArray();
        foreach (var by in new[] { "torch", "onnx" }.Where(by => result.RootElement.TryGetProperty(by, out _)))
        {
            Assert.All(scores.Zip(result.RootElement.GetProperty(by).EnumerateArray().Select(v => v.GetSingle())), s => Assert.Equal(s.First, s.Second, 1e-5));
        }

        if (result.RootElement.TryGetProperty("initializers", out var names))
        {
            Assert.Equal(["fc1.bias", "fc1.weight", "fc2.bias", "fc2.weight"], names.EnumerateArray().Select(n => n.GetString()));
        }

        Assert.True(new FileInfo(At("net.onnx")).Length > 43 * 4);
    }

    private static Sequential Net() => nn.Sequential(("fc1", nn.Linear(4, 5)), ("act", nn.ReLU()), ("fc2", nn.Linear(5, 3)));

    private static float[] Values(nn.Module net, string name) => net.state_dict()[name].data<float>().ToArray();

    /// <summary>A Python that has some modules; the system's before another that comes first on the path.</summary>
    private static string? PythonWith(params string[] modules) => new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(python =>
    {
        try
        {
            return ChildProcess.Run(Path.GetTempPath(), TimeSpan.FromMinutes(2), python, ["-c", $"import {string.Join(", ", modules)}"]).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    });

    private string At(string name) => Path.Combine(_folder, name);

    private string Python(string python, params string[] arguments)
    {
        using (var script = File.Create(At("weights.py")))
        {
            typeof(PythonWeightTests).Assembly.GetManifestResourceStream("Checkpoints/weights.py")!.CopyTo(script);
        }

        var (exit, output, error) = ChildProcess.Run(_folder, TimeSpan.FromMinutes(5), python, [At("weights.py"), .. arguments], ("PYTHONIOENCODING", "utf-8"));
        Assert.True(exit == 0, output + error);
        return output.TrimEnd();
    }
}
