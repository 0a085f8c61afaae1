using System.Diagnostics;

namespace Dsd.Data.Tests;

/// <summary>What tests start to see what a fresh process does.</summary>
internal static class Program
{
    private static void Main(string[] arguments)
    {
        switch (arguments)
        {
            case []:
                ListCatalog();
                break;
            case ["constructors"]:
                FreshProcess.Construct();
                break;
            case ["unconfigured"]:
                FreshProcess.ComputeUnconfigured();
                break;
            case ["digits", var before]:
                FreshProcess.Digits(before);
                break;
            case ["hooks"]:
                FreshProcess.Hooks();
                break;
            case ["state", .. var off]:
                FreshProcess.State(off);
                break;
        }
    }

    /// <summary>Lists the catalog and the native libraries that doing so brought into the process.</summary>
    private static void ListCatalog()
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
