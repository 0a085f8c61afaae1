using System.Runtime.CompilerServices;
using Dsd.Torch;

namespace Dsd.Tests.Torch;

internal static class NativeTestSetup
{
    /// <summary>Some tests touch TorchSharp before anything of Dsd.</summary>
    [ModuleInitializer]
    internal static void Prepare() => TorchRuntime.Configure();
}
