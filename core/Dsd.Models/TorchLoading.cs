using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Dsd.Torch;

namespace Dsd.Models;

/// <summary>Puts the loading of the native library in order before the first network is built.</summary>
/// <remarks>
/// The initialiser of the Dsd assembly runs when one of its members is first used, but building a network touches TorchSharp
/// first. This assembly's own initialiser is therefore needed; it loads nothing itself.
/// </remarks>
internal static class TorchLoading
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "TorchSharp must be able to load before any type of this assembly is used.")]
    internal static void Prepare() => NativeTorch.Prepare();
}
