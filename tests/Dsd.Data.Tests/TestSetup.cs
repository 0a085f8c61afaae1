using System.Reflection;
using System.Runtime.CompilerServices;
using Dsd.Torch;

namespace Dsd.Data.Tests;

internal static class TestSetup
{
    /// <summary>Tests compute; where this assembly is a program of its own (see <see cref="Program"/>), it begins without anything.</summary>
    [ModuleInitializer]
    internal static void Configure()
    {
        if (Assembly.GetEntryAssembly() != typeof(TestSetup).Assembly)
        {
            TorchRuntime.Configure();
        }
    }
}
