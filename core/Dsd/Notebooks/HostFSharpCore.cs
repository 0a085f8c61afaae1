using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Dsd;

/// <summary>Lets Plotly.NET run on the FSharp.Core of a notebook kernel or of <c>dotnet fsi</c> where that is the older one.</summary>
/// <remarks>
/// Plotly.NET 6 asks for FSharp.Core 10.1; the kernels of .NET Interactive and the SDK 10.0.100 bring 10.0, of which no process can
/// load a second one without splitting every F# type in two. The runtime asks here only after it has found no assembly that
/// is new enough, so programs that bring their own FSharp.Core are not touched.
/// </remarks>
internal static class HostFSharpCore
{
    private const string Name = "FSharp.Core";

    /// <summary>Offers the host's FSharp.Core from the first use of this assembly on.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Plotly.NET is bound when the first chart is drawn, with no call of ours before it.")]
    public static void Offer() => AssemblyLoadContext.Default.Resolving += StandIn;

    /// <summary>The FSharp.Core of the host, where it is of the same major version as the one asked for.</summary>
    internal static Assembly? StandIn(AssemblyLoadContext context, AssemblyName wanted)
    {
        // A name without a version is this method's own question.
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
            // The runtime's own message names what asked for it.
            return null;
        }
    }
}
