using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Dsd.Benchmarks;

/// <summary>Says on what it was measured.</summary>
internal static class Machine
{
    public static string Describe()
    {
        var torchSharp = typeof(torch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        var bits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Processor()}, {Count(Environment.ProcessorCount, "core")}, {Count(torch.get_num_threads(), "thread")}, vectors of {bits} bits, TorchSharp {torchSharp}, {RuntimeInformation.FrameworkDescription}");
    }

    /// <summary>A number of things, in words.</summary>
    public static string Count(int number, string thing) => string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");

    private static string Processor()
    {
        const string cpuInfo = "/proc/cpuinfo";
        return File.Exists(cpuInfo)
            ? $"{Field("model name")}, family {Field("cpu family")}, model {Field("model")}"
            : RuntimeInformation.ProcessArchitecture.ToString();

        static string Field(string name) => File.ReadLines(cpuInfo).Select(l => l.Split(':', 2)).FirstOrDefault(l => l[0].Trim() == name)?[1].Trim() ?? "unknown";
    }
}
