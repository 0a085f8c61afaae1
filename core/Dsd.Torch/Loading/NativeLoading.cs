using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>Makes TorchSharp find and load its native library where it cannot by itself.</summary>
/// <remarks>
/// <para>It handles two cases. On Linux with a C++ runtime older than GCC 13's (Debian 12, Ubuntu 22.04), TorchSharp's
/// library requires the symbol version GLIBCXX_3.4.32, of which it uses only a marker; a copy in which that
/// requirement is weak is made in memory and loaded instead. In
/// scripts and notebooks (<c>dotnet fsi</c>), where the folder <c>runtimes</c> beside a referenced dll is not searched, the
/// libraries are loaded from there.</para>
/// <para>Where the user names another libtorch, that one is loaded here, before TorchSharp looks for its own, which it then no longer does.</para>
/// <para>The hook is installed at the first use of any member of this assembly, at no cost: nothing is loaded until TorchSharp's
/// ordinary search has failed.</para>
/// </remarks>
internal static class NativeLoading
{
    private const string Library = "LibTorchSharp";
    private static readonly Lock Gate = new();
    private static readonly ConditionalWeakTable<AssemblyLoadContext, object> Watched = [];
    private static nint _library;
    private static bool _isWeakened;

    /// <summary>The reason why the hook's last attempt failed, or null if none did; TorchSharp's exception does not include it.</summary>
    public static string? LastFailure { get; private set; }

    /// <summary>The libtorch that the user named and this process loaded instead of TorchSharp's; null if none.</summary>
    public static LibTorchChoice? Chosen { get; private set; }

    /// <summary>Installs the hook unless the environment switches it off; loads nothing, except in the case below.</summary>
    /// <remarks>
    /// In a script on a system that has its own libtorch (e.g. from Debian's python3-torch), TorchSharp would find that one and
    /// crash: then, and only then, the right one is loaded here.
    /// </remarks>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A first use of TorchSharp before this fails permanently.")]
    public static void Hook()
    {
        if (EnvironmentSwitch.Parse(Environment.GetEnvironmentVariable(EnvironmentSwitch.NativeLoading)) == false)
        {
            return;
        }

        Watch(AssemblyLoadContext.Default);
        Watch(AssemblyLoadContext.GetLoadContext(typeof(NativeLoading).Assembly));
        if (!LibTorchChoice.IsNamed && NativeFolders.SystemHasAnother())
        {
            Resolve(typeof(torch).Assembly, Library);
        }
    }

    /// <summary>Loads libtorch now.</summary>
    /// <param name="isHelped">True if the hook may act; false removes it.</param>
    /// <param name="choice">The libtorch to load instead of TorchSharp's. Default null.</param>
    /// <returns>The intervention made.</returns>
    /// <exception cref="DsdException">
    /// The native library cannot be loaded (the message says why), TorchSharp was used before and failed, the hook is switched off
    /// after it has acted, or another libtorch than <paramref name="choice"/> is loaded already.
    /// </exception>
    public static Intervention Load(bool isHelped, LibTorchChoice? choice = null)
    {
        var torchSharp = typeof(torch).Assembly;
        if (isHelped)
        {
            Hook();
            Watch(AssemblyLoadContext.GetLoadContext(torchSharp));

            // Load before TorchSharp does: in a script, our handler is called last, after others that may throw. A library that is
            // already loaded is found by its name.
            if (choice is null && OldRuntime() && Resolve(torchSharp, Library) == 0)
            {
                // TorchSharp's own attempt could not succeed either, and its first failure is permanent.
                throw new DsdException($"TorchSharp's native library cannot be loaded: {LastFailure}");
            }
        }
        else if (_library != 0)
        {
            throw new DsdException($"NativeLoading can no longer be switched off: it has already loaded libtorch. Make TorchRuntime.Configure the first line of the program, or set {EnvironmentSwitch.NativeLoading}=0.");
        }
        else
        {
            Unhook();
        }

        try
        {
            if (choice is not null)
            {
                lock (Gate)
                {
                    LoadChosen(torchSharp, choice);
                }
            }

            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException)
        {
            var reason = LastFailure
                ?? (isHelped
                    ? "it failed before this call, or for the reason in the inner exception. Make TorchRuntime.Configure the first line of the program."
                    : "the option NativeLoading is off, and TorchSharp cannot load it by itself; the inner exception says more.");
            throw new DsdException($"TorchSharp's native library cannot be loaded: {reason}", e);
        }

        return !isHelped ? new(InterventionStatus.Off, "TorchSharp loaded libtorch by itself")
            : choice is not null ? Intervention.Applied($"the libtorch that was named is loaded instead of TorchSharp's{(_isWeakened ? ", with a copy of TorchSharp's library that suits an older C++ runtime" : "")}")
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
                // TorchSharp then throws its own exception; the reason stays available here.
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

        if (LibTorchChoice.OfEnvironment() is { } named)
        {
            return LoadChosen(torchSharp, named);
        }

        var original = Original(torchSharp);
        foreach (var part in (ReadOnlySpan<string>)["c10", "torch_cpu", "torch"])
        {
            if (LoadPart(torchSharp, part) == 0)
            {
                throw Missing(torchSharp, NativeFolders.FileName(part));
            }
        }

        return LoadSharp(original);
    }

    /// <summary>Loads the libtorch that the user named, and TorchSharp's library on it; TorchSharp then loads none itself.</summary>
    private static nint LoadChosen(Assembly torchSharp, LibTorchChoice choice)
    {
        if (NativeFolders.Loaded() is { } loaded && Path.GetDirectoryName(NativeFolders.Real(Path.Combine(choice.Build.Folder, NativeFolders.FileName("torch_cpu")))) is { } wanted && loaded != wanted)
        {
            throw new DsdException($"Two libtorchs cannot be in one process: {choice.Build.Name} in {wanted} is named, and {LibTorchBuild.Of(loaded).Name} in {loaded} is loaded already. "
                + $"Make TorchRuntime.Configure the first line of the program; if LD_LIBRARY_PATH names the other, unset it or set {LibTorchChoice.Variable} to the one that is wanted.");
        }

        var original = Original(torchSharp);
        LibTorchParts.Load(choice);
        Chosen = choice;
        if (_library == 0)
        {
            LoadSharp(original);
        }

        InitializeOn(torchSharp, choice);
        return _library;
    }

    /// <summary>Initialises TorchSharp without the libtorch in the program's own folder, which it would load as a second one.</summary>
    private static void InitializeOn(Assembly torchSharp, LibTorchChoice choice)
    {
        var name = NativeFolders.FileName("torch_cpu");
        using (NativeFolders.OfHost(torchSharp, name) is { } own ? new LibraryAlias(NativeLibrary.Load(Path.Combine(choice.Build.Folder, name)), own) : null)
        {
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
        }

        // The rest, for CUDA, it loads at a later call.
        foreach (var field in (ReadOnlySpan<string>)["nativeBackendLoaded", "nativeBackendCudaLoaded"])
        {
            (typeof(torch).GetField(field, BindingFlags.NonPublic | BindingFlags.Static)
                ?? throw new DsdException($"TorchSharp has no field {field}, so that it may load a second libtorch. Use TorchSharp 0.107.0.")).SetValue(null, true);
        }
    }

    private static string Original(Assembly torchSharp) =>
        NativeFolders.Find(torchSharp, NativeFolders.FileName(Library)) ?? throw Missing(torchSharp, NativeFolders.FileName(Library));

    private static nint LoadSharp(string original)
    {
        _isWeakened = OldRuntime();
        _library = _isWeakened ? NativeImage.LoadWeakened(original) : NativeLibrary.Load(original);
        return _library;
    }

    /// <summary>Loads a library of libtorch from the folder it was loaded from before, or else from the first folder that has it.</summary>
    private static nint LoadPart(Assembly torchSharp, string library)
    {
        if (Chosen is null && LibTorchChoice.IsNamed)
        {
            LoadLibrary(torchSharp);
        }

        // Two copies of libtorch abort the process, so once one is loaded no other folder is considered.
        var name = NativeFolders.FileName(library);
        var path = (Chosen?.Build.Folder ?? NativeFolders.Loaded()) is { } folder ? Path.Combine(folder, name) : NativeFolders.Find(torchSharp, name);
        return File.Exists(path) ? NativeLibrary.Load(path) : 0;
    }

    /// <summary>True on Linux with a C++ runtime that lacks the symbol version TorchSharp's library requires.</summary>
    internal static bool OldRuntime() =>
        OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && NativeLibrary.TryLoad("libstdc++.so.6", out var runtime)
        && !NativeLibrary.TryGetExport(runtime, "_ZSt21ios_base_library_initv", out _);

    private static DsdException Missing(Assembly torchSharp, string fileName) => new(
        $"{fileName} is in none of the searched folders: "
        + $"{string.Join(", ", NativeFolders.Candidates(torchSharp))}{string.Concat(NativeFolders.Distrusted(torchSharp).Select(d => $"; {d.Folder} was not searched, since {d.Problem}"))}. Build the project that references TorchSharp, or in a "
        + $"script reference the package libtorch-cpu-{NativeFolders.Platform} beside TorchSharp.");
}
