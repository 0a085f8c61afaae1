using System.Runtime.CompilerServices;
using Dsd.Native;

namespace Dsd.Tests.Native;

internal static class NativeTestSetup
{
    /// <summary>Some tests touch TorchSharp before anything of Dsd.</summary>
    [ModuleInitializer]
    internal static void Prepare() => NativeTorch.Prepare();
}
