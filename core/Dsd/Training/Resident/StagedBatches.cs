using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Batches that are written on the host and copied to the device during the step before.</summary>
/// <remarks>The content is a pure function of the step. Steps may be asked for in any order and from many threads; one that does not follow the last is written when it is asked for.</remarks>
/// <param name="staging">The memory for one batch; it belongs to this object.</param>
/// <param name="write">Writes the batch of a step into memory; it is called for one step at a time, on any thread.</param>
internal sealed class StagedBatches(IStaging staging, StagedBatches.Writer write) : IDisposable
{
    private readonly Lock _gate = new();
    private (long Step, Task Sent)? _ahead;

    /// <summary>Writes the batch of a step.</summary>
    public delegate void Writer(long step, Span<byte> memory);

    /// <summary>Copies the batch of a step into tensors of the device, and starts to write that of the next.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="parts">The tensors, contiguous and on the device, each with the byte at which its content begins.</param>
    public void Take(long step, params ReadOnlySpan<(Tensor Target, long From)> parts)
    {
        lock (_gate)
        {
            var ahead = _ahead;
            _ahead = null;
            if (ahead?.Step == step)
            {
                ahead.Value.Sent.GetAwaiter().GetResult();
            }
            else
            {
                Drop(ahead);
                Send(step);
            }

            foreach (var (target, from) in parts)
            {
                staging.Read(target, from);
            }

            _ahead = (step + 1, Task.Run(() => Send(step + 1)));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            Drop(_ahead);
            _ahead = null;
            staging.Dispose();
        }
    }

    /// <summary>Waits for a batch that nobody will take; if it failed, whoever asks for it later gets the failure.</summary>
    private static void Drop((long Step, Task Sent)? ahead)
    {
        try
        {
            // One that has not begun runs here.
            ahead?.Sent.GetAwaiter().GetResult();
        }
        catch (Exception)
        {
            // The batch is made again if anybody takes it.
        }
    }

    private void Send(long step)
    {
        staging.Wait();
        write(step, staging.Host);
        staging.Send();
    }
}
