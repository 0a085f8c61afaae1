using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Dsd;

/// <summary>The binding of Plotly.NET to the FSharp.Core of a notebook kernel or of <c>dotnet fsi</c>, if that is older.</summary>
/// <remarks>
/// Plotly.NET 6 requires FSharp.Core 10.1; the kernels of .NET Interactive and the SDK 10.0.100 bring 10.0, and a process with two
/// versions would have every F# type twice. The runtime calls this only after it has found no assembly that
/// is new enough, so programs with their own FSharp.Core are not affected. The environment variable <c>DSD_HOST_FSHARP_CORE</c>
/// set to <c>0</c>, <c>off</c> or <c>false</c> disables it.
/// </remarks>
internal static class HostFSharpCore
{
    private const string Name = "FSharp.Core";
    private const string Variable = "DSD_HOST_FSHARP_CORE";

    /// <summary>Registers the host's FSharp.Core at the first use of this assembly.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Plotly.NET is bound when the first chart is drawn, without an earlier call into this assembly.")]
    public static void Offer()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.ToLowerInvariant() is not ("0" or "off" or "false"))
        {
            AssemblyLoadContext.Default.Resolving += StandIn;
        }
    }

    /// <summary>Finds the FSharp.Core of the host if it has the requested major version.</summary>
    internal static Assembly? StandIn(AssemblyLoadContext context, AssemblyName wanted)
    {
        // A name without a version is the request of this method itself.
        if (wanted is not { Name: Name, Version: { } version })
        {
            return null;
        }

        try
        {
            var found = context.LoadFromAssemblyName(new AssemblyName(Name));
            return found.GetName().Version?.Major == version.Major ? found : null;
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException)
        {
            // The runtime's own message names the requesting assembly.
            return null;
        }
    }
}
