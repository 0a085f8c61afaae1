using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>Releases TorchSharp's scalars only when no native call can still be reading them.</summary>
/// <remarks>
/// TorchSharp 0.107 hands scalars (rates, momentum, the 1 in <c>a + b</c>) to libtorch by address and does not keep them alive for the
/// call: a garbage collection on another thread at that moment releases one in use, and the operation then multiplies by arbitrary memory,
/// or throws. A scalar is read within microseconds of its creation. Here TorchSharp's call that releases one is bound to
/// <see cref="Release"/>, which frees it two seconds and thousands of scalars later. The collector is left alone.
/// The binding replaces the address that the .NET runtime holds for that call. If the runtime does not hold it as expected, or a scalar
/// given up for a trial does not arrive, nothing is changed.
/// </remarks>
internal static unsafe class KeptScalars
{
    private const string Name = "THSTorch_dispose_scalar";
    private const int LeastLater = 1 << 12;

    // The runtime's description of an imported method is at least this long; the address is one of its pointers.
    private const int PointersOfAMethod = 5;
    private static readonly ReleaseQueue s_released = new(scalar => s_free(scalar), TimeSpan.FromSeconds(2), LeastLater);
    private static delegate* unmanaged<nint, void> s_free;

    /// <summary>Scalars that were released so far.</summary>
    public static long Released => s_released.Added;

    /// <summary>Scalars that were released and are not freed yet.</summary>
    public static int Waiting => s_released.Waiting;

    /// <summary>Binds the release of scalars; libtorch must be loaded.</summary>
    public static Intervention Keep()
    {
        if (AssemblyLoadContext.GetLoadContext(typeof(KeptScalars).Assembly) is { IsCollectible: true })
        {
            return Intervention.NotApplicable("Dsd is loaded where it can be unloaded, and the release of scalars cannot be bound to it");
        }

        var imported = typeof(Scalar).Assembly.GetType("TorchSharp.PInvoke.NativeMethods")?.GetMethod(Name, BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public);
        var free = LibTorch.Sharp(Name);
        if (imported is null || AddressIn(imported, (nint)free) is not { } place)
        {
            return Intervention.NotApplicable("the .NET runtime does not hold the function that releases scalars as expected");
        }

        s_free = (delegate* unmanaged<nint, void>)free;
        delegate* unmanaged<nint, void> release = &Release;
        Volatile.Write(ref *(nint*)place, (nint)release);
        if (!IsBound())
        {
            Volatile.Write(ref *(nint*)place, (nint)free);

            // What arrived too late for the trial would wait for thousands that never come.
            s_released.Close();
            return Intervention.NotApplicable("TorchSharp's release of scalars was compiled before");
        }

        return Intervention.Applied("scalars outlive the native calls that read them");
    }

    /// <summary>Finds where the runtime holds the address of an imported function; null if there is no one such place.</summary>
    private static nint? AddressIn(MethodInfo imported, nint function)
    {
        Marshal.Prelink(imported);
        var description = new ReadOnlySpan<nint>((void*)imported.MethodHandle.Value, PointersOfAMethod);
        return description.Count(function) == 1 ? imported.MethodHandle.Value + (description.IndexOf(function) * sizeof(nint)) : null;
    }

    /// <summary>Gives up a scalar and returns true if its release arrives here.</summary>
    private static bool IsBound()
    {
        var before = Released;
        GiveUp();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Released > before;

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void GiveUp()
        {
            for (var i = 0; i < 4; i++)
            {
                _ = 0.5.ToScalar();
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void Release(nint scalar) => s_released.Add(scalar, Environment.TickCount64);
}
