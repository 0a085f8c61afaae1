using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Dsd.Benchmarks;
using Dsd.Torch;
using TorchSharp;

namespace Dsd.DeviceChecks;

/// <summary>Says on what is computed.</summary>
internal sealed partial class EnvironmentStage : IStage
{
    private const string NotKnown = "not known";

    public string Name => "environment";

    public string Summary => "versions of libtorch, CUDA, cuDNN and the driver, the GPU, TF32";

    public int LimitSeconds => 20;

    public void Run(StageContext context)
    {
        var index = Math.Max(0, context.Device.index);
        context.Say("processor", Machine.Describe());
        context.Say("system", RuntimeInformation.OSDescription);
        context.Say("Dsd", typeof(TorchRuntime).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);
        context.Say("libtorch from", NativeTorch.Folder ?? NotKnown);
        context.Say("GPUs that libtorch can use", $"{torch.cuda.device_count()}");
        context.Say("GPU", context.IsOnCuda ? GpuDriver.NameOf(index) ?? NotKnown : "not used");
        context.Say("compute capability", GpuDriver.CapabilityOf(index) ?? NotKnown);
        context.Say("driver", GpuDriver.Version ?? NotKnown);
        context.Say("CUDA of the driver", GpuDriver.CudaVersion ?? NotKnown);
        context.Say("cuDNN", context.IsOnCuda ? $"{(torch.cuda.is_cudnn_available() ? "" : "not ")}available, version {GpuDriver.CuDnnVersion?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? NotKnown}" : "not used");
        context.Say("TF32", context.IsOnCuda ? $"matrix products {Asked(() => torch.backends.cuda.matmul.allow_tf32)}, cuDNN {Asked(() => torch.backends.cudnn.allow_tf32)}" : "not used");
        context.Say("cuDNN deterministic", NativeTorch.DeterministicCuDnn is { } on ? Word(on) : NotKnown);
        var config = NativeTorch.Config ?? NotKnown;
        context.Say("libtorch", Version().Match(config) is { Success: true } version ? version.Groups[1].Value : NotKnown);
        foreach (var line in Flags().Replace(config, "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            context.Say("libtorch built with", line.TrimStart('-', ' '));
        }

        context.Say("runtime", TorchRuntime.State!.ToString());
        using var probe = torch.ones(2, 2, device: context.Device);
        using var product = probe.mm(probe).cpu();
        context.Require("a product of matrices", product.sum().item<float>() == 8, "2×2 ones squared sum to 8");
    }

    private static string Word(bool on) => on ? "on" : "off";

    /// <summary>Asks libtorch, which refuses where it was set by newer functions.</summary>
    private static string Asked(Func<bool> setting)
    {
        try
        {
            return Word(setting());
        }
        catch (ExternalException)
        {
            return NotKnown;
        }
    }

    [GeneratedRegex("TORCH_VERSION=([^,]+)")]
    private static partial Regex Version();

    [GeneratedRegex("CXX_FLAGS=[^,]*, ")]
    private static partial Regex Flags();
}
