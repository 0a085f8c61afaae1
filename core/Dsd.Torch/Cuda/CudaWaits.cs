namespace Dsd.Torch;

/// <summary>Has libtorch refuse what would make the host wait for a GPU, as PyTorch's <c>torch.cuda.set_sync_debug_mode("error")</c> does, which TorchSharp does not expose.</summary>
/// <remarks>The switch is one for the process: another thread that waits for a GPU meanwhile, as one that trains another network, fails. Work that waits breaks the recording of a step off, after which libtorch cannot go on; so work is tried under this first.</remarks>
internal static unsafe class CudaWaits
{
    private const int Allowed = 0;
    private const int Refused = 2;

    private static readonly Lazy<nint> s_mode = new(static () => OperatingSystem.IsLinux() ? (nint)CudaLibraries.Torch("_ZZN3c104cuda13warning_stateEvE14warning_state_") : 0);

    /// <summary>True if libtorch has the switch, and it is as it was made.</summary>
    public static bool AreFound => s_mode.Value != 0 && *(int*)s_mode.Value == Allowed;

    /// <summary>Does work during which an operation that waits for a GPU fails; where libtorch has no such switch, they wait as ever.</summary>
    /// <param name="work">The work.</param>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">An operation would have waited.</exception>
    public static void RefusedIn(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!AreFound)
        {
            // Whatever else is there is no mode that is known.
            work();
            return;
        }

        var mode = (int*)s_mode.Value;

        *mode = Refused;
        try
        {
            work();
        }
        finally
        {
            *mode = Allowed;
        }
    }
}
