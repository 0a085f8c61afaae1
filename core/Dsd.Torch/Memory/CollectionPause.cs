using System.Runtime;

namespace Dsd.Torch;

/// <summary>Lets the garbage collector run only between training steps, where it cannot harm a native call.</summary>
/// <remarks>
/// TorchSharp 0.107 hands scalars (rates, momentum, weight decay) to libtorch by address and does not keep them alive for the
/// call: a collection on another thread at that moment frees one in use, and the optimiser then multiplies by whatever lies
/// there, or throws. While a pause is held, collections are put off; <see cref="BetweenSteps"/> catches up once enough has been
/// allocated. Where the runtime cannot put them off, or somebody else already does, it does nothing.
/// </remarks>
/// <param name="isOn">Whether it acts; where not, nothing happens at all. Default true.</param>
public sealed class CollectionPause(bool isOn = true) : IDisposable
{
    private const long BudgetBytes = 32L << 20;
    private long _start;
    private bool _holds;

    /// <summary>Collects if enough has been allocated, and puts further collections off; call it where no native call is running.</summary>
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

        // Finalizers must be done before native calls go on: both after this collection and after the one that starting may do.
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
