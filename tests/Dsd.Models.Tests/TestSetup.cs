using System.Runtime.CompilerServices;
using Dsd.Torch;

namespace Dsd.Models.Tests;

internal static class TestSetup
{
    /// <summary>Some tests touch TorchSharp before anything of Dsd.</summary>
    [ModuleInitializer]
    internal static void Prepare() => TorchRuntime.Configure();
}
