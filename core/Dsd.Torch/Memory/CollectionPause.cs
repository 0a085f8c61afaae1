using System.Runtime;

namespace Dsd.Torch;

/// <summary>Restricts garbage collection to the time between training steps, where it cannot harm a native call.</summary>
/// <remarks>
/// TorchSharp 0.107 hands scalars (rates, momentum, weight decay) to libtorch by address and does not keep them alive for the
/// call: a collection on another thread at that moment frees one in use, and the optimiser then multiplies by arbitrary
/// memory, or throws. While a pause is held, collections are deferred; <see cref="BetweenSteps"/> catches up once enough has been
/// allocated. If the runtime cannot defer them, or other code already does, it does nothing.
/// </remarks>
/// <param name="isOn">True to act; false to do nothing. Default true.</param>
internal sealed class CollectionPause(bool isOn = true) : IDisposable
{
    private const long BudgetBytes = 32L << 20;
    private long _start;
    private bool _holds;

    /// <summary>Collects if enough has been allocated, and defers further collections; call it while no native call is running.</summary>
    public void BetweenSteps()
    {
        if (!isOn)
        {
            return;
        }

        var isOff = GCSettings.LatencyMode == GCLatencyMode.NoGCRegion;
        if (isOff && (!_holds || GC.GetTotalAllocatedBytes() - _start < BudgetBytes / 2))
        {
            return;
        }

        // Finalizers must finish before native calls continue: both after this collection and after the one that starting may trigger.
        Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        try
        {
            _holds = GC.TryStartNoGCRegion(BudgetBytes);
            _start = GC.GetTotalAllocatedBytes();
            GC.WaitForPendingFinalizers();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentOutOfRangeException)
        {
            _holds = false;
        }
    }

    /// <summary>Lets the collector run freely again.</summary>
    public void Dispose()
    {
        if (_holds && GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }

        _holds = false;
    }
}
