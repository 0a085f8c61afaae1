using System.Runtime.ExceptionServices;

namespace Dsd.Data;

/// <summary>Fills the batches of the next steps on other threads during the current step.</summary>
/// <remarks>
/// The content is a pure function of the step and the position in the batch, so that it does not matter which thread fills it in, and
/// when. A caller that needs a batch helps to fill it, so that none waits for a thread that may not start. Pool threads work
/// only while there is something to fill: nothing has to be stopped, but <see cref="Dispose"/> drops batches that have not been started.
/// </remarks>
/// <param name="open">Starts the batch of a step: receives the labels and images to fill, and returns a function that fills one position.</param>
/// <param name="examples">The number of images in a batch.</param>
/// <param name="numbers">The number of values in an image.</param>
/// <param name="ahead">The number of batches to prefetch beyond the current one, at least 0.</param>
/// <param name="steps">The number of steps; no batch is filled beyond the last.</param>
internal sealed class Prefetcher(Prefetcher.Opener open, int examples, int numbers, int ahead, long steps = long.MaxValue) : IDisposable
{
    private readonly Lock _turn = new();
    private readonly object _gate = new();
    private readonly LinkedList<Slot> _slots = new();
    private readonly Stack<Slot> _free = new();
    private int _working;

    /// <summary>Starts the batch of a step.</summary>
    /// <returns>A function that fills the image and the label of a position; called once for each position, from any thread.</returns>
    public delegate Action<int> Opener(long step, long[] labels, float[] images);

    /// <summary>Copies the batch of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="workers">The number of other threads; with 0 nothing is prefetched.</param>
    /// <param name="labels">Receives the first labels of the batch, as many as fit.</param>
    /// <param name="images">Receives their images.</param>
    public void Take(long step, int workers, Span<long> labels, Span<float> images)
    {
        lock (_turn)
        {
            var slot = Enqueue(step, workers);
            slot.FillWhatIsLeft(_gate);
            lock (_gate)
            {
                while (!slot.IsDone)
                {
                    Monitor.Wait(_gate);
                }

                _slots.Remove(slot);
            }

            // A failed batch is not reused; the next call fills it again and fails in the same way.
            slot.Failure?.Throw();
            slot.Labels.AsSpan(0, labels.Length).CopyTo(labels);
            slot.Images.AsSpan(0, images.Length).CopyTo(images);
            lock (_gate)
            {
                _free.Push(slot);
            }
        }
    }

    /// <summary>Drops the batches that are being filled.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            Abandon();
        }
    }

    private Slot Enqueue(long step, int workers)
    {
        lock (_gate)
        {
            // Batches before the step, or not following it without a gap, will not be requested.
            if (_slots.First is { } first && first.Value.Step != step)
            {
                Abandon();
            }

            var last = workers > 0 ? Math.Min(step + ahead, Math.Max(step, steps - 1)) : step;
            for (var next = _slots.Last is { } known ? known.Value.Step + 1 : step; next <= last; next++)
            {
                var slot = _free.TryPop(out var used) ? used : new(examples, numbers);
                slot.Open(next, open);
                _slots.AddLast(slot);
            }

            for (; _working < workers; _working++)
            {
                _ = Task.Run(Work);
            }

            return _slots.First!.Value;
        }
    }

    private void Abandon()
    {
        foreach (var slot in _slots)
        {
            slot.Abandon();
        }

        // Some of their images may still be being written, so they are not reused.
        _slots.Clear();
    }

    private void Work()
    {
        while (true)
        {
            Slot? slot;
            lock (_gate)
            {
                slot = _slots.FirstOrDefault(s => s.HasUnclaimed);
                if (slot is null)
                {
                    _working--;
                    return;
                }
            }

            slot.FillWhatIsLeft(_gate);
        }
    }

    /// <summary>A batch that is being filled or is ready.</summary>
    private sealed class Slot(int examples, int numbers)
    {
        private Action<int> _fill = _ => { };
        private int _claimed;
        private int _done;
        private int _failed;

        public long[] Labels { get; } = new long[examples];

        public float[] Images { get; } = new float[(long)examples * numbers];

        public long Step { get; private set; }

        /// <summary>The failure at the first position that could not be filled.</summary>
        public ExceptionDispatchInfo? Failure { get; private set; }

        public bool HasUnclaimed => Volatile.Read(ref _claimed) < examples;

        public bool IsDone => Volatile.Read(ref _done) == examples;

        public void Open(long step, Opener open)
        {
            (Step, Failure, _failed) = (step, null, examples);
            _fill = open(step, Labels, Images);
            _done = 0;
            Volatile.Write(ref _claimed, 0);
        }

        public void Abandon() => Interlocked.Exchange(ref _claimed, examples);

        public void FillWhatIsLeft(object gate)
        {
            while (Interlocked.Increment(ref _claimed) - 1 is var place && place < examples)
            {
                try
                {
                    _fill(place);
                }
                catch (Exception e)
                {
                    lock (gate)
                    {
                        (_failed, Failure) = place < _failed ? (place, ExceptionDispatchInfo.Capture(e)) : (_failed, Failure);
                    }
                }

                if (Interlocked.Increment(ref _done) == examples)
                {
                    lock (gate)
                    {
                        Monitor.PulseAll(gate);
                    }
                }
            }
        }
    }
}
