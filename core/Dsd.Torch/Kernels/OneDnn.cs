using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>Switches oneDNN, libtorch's fast CPU kernels, on and off.</summary>
/// <remarks>
/// The oneDNN in libtorch 2.10 (3.7.1) leaves padding in its blocked layouts unwritten where the number of channels is not a multiple of
/// the block. With 20 and 50 channels, as in LeNet-5, outputs and gradients were off by a third of their size, or NaN, depending on what
/// lay in memory before. libtorch's native kernels are correct but slower. <c>TorchRuntime.Configure</c> therefore switches oneDNN off
/// on Linux x64, where the fault was observed; <c>Execution.Computation</c> switches it on for a step after checking each layer.
/// </remarks>
internal static unsafe class OneDnn
{
    private static delegate* unmanaged<void*, byte, void> s_enable;
    private static void* s_context;

    /// <summary>True if oneDNN is off unless <see cref="Use"/> switches it on temporarily.</summary>
    public static bool IsSwitched { get; private set; }

    /// <summary>True if libtorch may use oneDNN now; null if libtorch does not report it.</summary>
    internal static bool? IsEnabled
    {
        get
        {
            var context = GlobalContext();
            var enabled = (delegate* unmanaged<void*, byte>)LibTorch.Cpu("_ZNK2at7Context17userEnabledMkldnnEv");
            return context is null || enabled is null ? null : enabled(context) != 0;
        }
    }

    /// <summary>Switches oneDNN on or off for the whole process if <see cref="IsSwitched"/>; otherwise does nothing.</summary>
    /// <param name="use">True to let libtorch use it.</param>
    public static void Use(bool use)
    {
        if (IsSwitched)
        {
            s_enable(s_context, use ? (byte)1 : (byte)0);
        }
    }

    /// <summary>Switches oneDNN off, so that only <see cref="Use"/> switches it on.</summary>
    /// <exception cref="DsdException">On Linux x64, where the fault was observed, this libtorch does not export the switch.</exception>
    internal static Intervention SwitchOff()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return Intervention.NotApplicable("wrong convolutions were seen on Linux x64 alone");
        }

        var context = GlobalContext();
        var enable = (delegate* unmanaged<void*, byte, void>)LibTorch.Cpu("_ZN2at7Context20setUserEnabledMkldnnEb");
        if (context is null || enable is null)
        {
            throw new DsdException("libtorch has no switch for oneDNN, whose convolutions cannot be trusted in this version. Use TorchSharp 0.107.0 with libtorch 2.10, or switch the option CheckedOneDnn off.");
        }

        s_context = context;
        s_enable = enable;
        IsSwitched = true;
        Use(false);
        return Intervention.Applied("oneDNN is off but for layers that passed a check");
    }

    /// <summary>Switches off NNPACK, which libtorch would use next.</summary>
    internal static Intervention SwitchNnpackOff()
    {
        if (!IsSwitched)
        {
            return Intervention.NotApplicable("oneDNN comes before NNPACK here");
        }

        var enable = (delegate* unmanaged<void*, byte, void>)LibTorch.Cpu("_ZN2at7Context20setUserEnabledNNPACKEb");
        if (enable is null)
        {
            return Intervention.NotApplicable("libtorch has no switch for NNPACK");
        }

        enable(s_context, 0);
        return Intervention.Applied("NNPACK is off");
    }

    private static void* GlobalContext()
    {
        var context = (delegate* unmanaged<void*>)LibTorch.Cpu("_ZN2at13globalContextEv");
        return context is null ? null : context();
    }
}
