using System.Runtime.CompilerServices;
using Dsd.Native;

namespace Dsd.Models.Tests;

internal static class TestSetup
{
    /// <summary>Some tests touch TorchSharp before anything of Dsd.</summary>
    [ModuleInitializer]
    internal static void Prepare() => NativeTorch.Prepare();
}
