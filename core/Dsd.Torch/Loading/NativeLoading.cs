using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>Makes TorchSharp find and load its native library where it would not by itself.</summary>
/// <remarks>
/// <para>Two cases are helped. On Linux with a C++ runtime older than GCC 13's (Debian 12, Ubuntu 22.04), TorchSharp's
/// library asks for the symbol version GLIBCXX_3.4.32, of which it uses nothing but a marker; a copy in which that
/// requirement is weak is kept under the user's local application data, in <c>dsd/native</c>, and loaded instead. In
/// scripts and notebooks (<c>dotnet fsi</c>), where the folder <c>runtimes</c> beside a referenced dll is not searched, the
/// libraries are loaded from there.</para>
/// <para>The hook is installed at the first use of any member of this assembly, at no cost: nothing is loaded until TorchSharp
/// asks, and it asks only where the ordinary way failed.</para>
/// </remarks>
internal static class NativeLoading
{
    private const string Library = "LibTorchSharp";
    private static readonly Lock Gate = new();
    private static readonly ConditionalWeakTable<AssemblyLoadContext, object> Watched = [];
    private static nint _library;
    private static bool _isWeakened;

    /// <summary>The reason why the last attempt to help failed, or null where none failed; TorchSharp's own exception does not name it.</summary>
    public static string? LastFailure { get; private set; }

    /// <summary>Installs the hook unless the environment says not to; loads nothing, but in the one case below.</summary>
    /// <remarks>
    /// In a script on a system with a libtorch of its own (Debian's python3-torch brings one), TorchSharp would find that one, and
    /// crash: then, and only then, the right one is loaded here.
    /// </remarks>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "TorchSharp fails for good if its first use comes before this.")]
    public static void Hook()
    {
        if (EnvironmentSwitch.Parse(Environment.GetEnvironmentVariable(EnvironmentSwitch.NativeLoading)) == false)
        {
            return;
        }

        Watch(AssemblyLoadContext.Default);
        Watch(AssemblyLoadContext.GetLoadContext(typeof(NativeLoading).Assembly));
        if (NativeFolders.SystemHasAnother())
        {
            Resolve(typeof(torch).Assembly, Library);
        }
    }

    /// <summary>Loads libtorch now.</summary>
    /// <param name="isHelped">Whether the hook may help; where not, it is taken away.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="DsdException">
    /// The native library cannot be loaded; the message says why. Also where TorchSharp was touched, and failed, before; and where help
    /// is not wanted but was given before.
    /// </exception>
    public static Intervention Load(bool isHelped)
    {
        var torchSharp = typeof(torch).Assembly;
        if (isHelped)
        {
            Hook();
            Watch(AssemblyLoadContext.GetLoadContext(torchSharp));

            // Ahead of TorchSharp: in a script, our handler is asked last, after those that may throw. A library that is loaded
            // already is found by its name.
            if (OldRuntime() && Resolve(torchSharp, Library) == 0)
            {
                // TorchSharp's own attempt could not succeed either, and after one failure it refuses for good.
                throw new DsdException($"TorchSharp's native library cannot be loaded: {LastFailure}");
            }
        }
        else if (_library != 0)
        {
            throw new DsdException($"NativeLoading cannot be switched off any more: libtorch was loaded by it before. Make TorchRuntime.Configure the first line of the program, or set {EnvironmentSwitch.NativeLoading}=0.");
        }
        else
        {
            Unhook();
        }

        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException)
        {
            var reason = LastFailure
                ?? (isHelped
                    ? "it failed before this call, or for the reason that the inner exception gives. Make TorchRuntime.Configure the first line of the program."
                    : "the option NativeLoading is off, and TorchSharp cannot load it by itself; the inner exception says more.");
            throw new DsdException($"TorchSharp's native library cannot be loaded: {reason}", e);
        }

        return !isHelped ? new(InterventionStatus.Off, "TorchSharp loaded libtorch by itself")
            : _library == 0 ? Intervention.NotApplicable("TorchSharp loads libtorch by itself here")
            : Intervention.Applied(_isWeakened ? "libtorch was loaded with a copy of TorchSharp's library that suits an older C++ runtime" : "libtorch was loaded from a folder that TorchSharp does not search");
    }

    private static void Watch(AssemblyLoadContext? context)
    {
        if (context is not null && Watched.TryAdd(context, context))
        {
            context.ResolvingUnmanagedDll += Resolve;
        }
    }

    private static void Unhook()
    {
        foreach (var (context, _) in Watched)
        {
            context.ResolvingUnmanagedDll -= Resolve;
        }

        Watched.Clear();
    }

    private static nint Resolve(Assembly assembly, string library)
    {
        if (assembly.GetName().Name != "TorchSharp")
        {
            return 0;
        }

        lock (Gate)
        {
            try
            {
                return library == Library ? LoadLibrary(assembly) : LoadPart(assembly, library);
            }
            catch (Exception e) when (e is DsdException or IOException or UnauthorizedAccessException
                or DllNotFoundException or BadImageFormatException)
            {
                // TorchSharp then fails in its own words; the reason stays readable here.
                LastFailure = e.Message;
                return 0;
            }
        }
    }

    private static nint LoadLibrary(Assembly torchSharp)
    {
        if (_library != 0)
        {
            return _library;
        }

        var name = NativeFolders.FileName(Library);
        var original = NativeFolders.Find(torchSharp, name) ?? throw Missing(torchSharp, name);
        foreach (var part in (ReadOnlySpan<string>)["c10", "torch_cpu", "torch"])
        {
            if (LoadPart(torchSharp, part) == 0)
            {
                throw Missing(torchSharp, NativeFolders.FileName(part));
            }
        }

        var version = torchSharp.GetName().Version?.ToString(3) ?? "0.0.0";
        _isWeakened = OldRuntime();
        _library = _isWeakened ? NativeCache.LoadWeakened(original, version) : NativeLibrary.Load(original);
        return _library;
    }

    /// <summary>Loads a part of libtorch from where libtorch was loaded before, or else from the first folder that has it.</summary>
    private static nint LoadPart(Assembly torchSharp, string library)
    {
        // Two copies of libtorch in one process abort it, so once one is loaded no other folder counts.
        var name = NativeFolders.FileName(library);
        var path = NativeFolders.Loaded() is { } folder ? Path.Combine(folder, name) : NativeFolders.Find(torchSharp, name);
        return File.Exists(path) ? NativeLibrary.Load(path) : 0;
    }

    /// <summary>Whether this is Linux with a C++ runtime that lacks what TorchSharp's library asks for.</summary>
    internal static bool OldRuntime() =>
        OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && NativeLibrary.TryLoad("libstdc++.so.6", out var runtime)
        && !NativeLibrary.TryGetExport(runtime, "_ZSt21ios_base_library_initv", out _);

    private static DsdException Missing(Assembly torchSharp, string fileName) => new(
        $"{fileName} is in none of the folders where it may lie: "
        + $"{string.Join(", ", NativeFolders.Candidates(torchSharp))}. Build the project that references TorchSharp, or in a "
        + $"script reference the package libtorch-cpu-{NativeFolders.Platform} beside TorchSharp.");
}
