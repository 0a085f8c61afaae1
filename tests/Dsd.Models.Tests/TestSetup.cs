using System.Runtime.CompilerServices;
using Dsd.Native;

// The random generator is one for the process: tests that seed it must not run beside others that draw from it.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Dsd.Models.Tests;

internal static class TestSetup
{
    /// <summary>Some tests touch TorchSharp before anything of Dsd.</summary>
    [ModuleInitializer]
    internal static void Prepare() => NativeTorch.Prepare();
}
