using System.Diagnostics;

namespace Dsd.Data.Tests;

/// <summary>Lists the catalog and the native libraries that doing so brought into the process.</summary>
internal static class Program
{
    private static void Main()
    {
        foreach (var entry in DataCatalog.All)
        {
            Console.WriteLine($"{entry.Name} {entry.Description} {entry.TrainExamples} {entry.Classes}");
        }

        foreach (ProcessModule module in Process.GetCurrentProcess().Modules)
        {
            if (module.ModuleName.Contains("torch", StringComparison.OrdinalIgnoreCase))
            {
                Console.WriteLine($"loaded {module.ModuleName}");
            }
        }
    }
}
