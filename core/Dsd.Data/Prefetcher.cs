using System.Runtime.ExceptionServices;

namespace Dsd.Data;

/// <summary>Fills the batches of the next steps on other threads while the current one is worked on.</summary>
/// <remarks>
/// What is filled in is a pure function of the step and the place in the batch, so that it makes no difference who fills it in, and
/// when. Whoever asks for a batch helps to fill it, so that none waits for a thread that may not come. Threads of the pool work
/// only while there is something to fill: nothing has to be stopped, but <see cref="Dispose"/> lets what is not begun be.
/// </remarks>
/// <param name="open">Begins the batch of a step: gets the labels and the images to fill, and gives what fills the image of a place.</param>
/// <param name="examples">Images in a batch.</param>
/// <param name="numbers">Numbers in an image.</param>
/// <param name="ahead">How many batches to keep ready beyond the current one, at least 0.</param>
/// <param name="steps">How many steps there are; none beyond is filled.</param>
internal sealed class Prefetcher(Prefetcher.Opener open, int examples, int numbers, int ahead, long steps = long.MaxValue) : IDisposable
{
    private readonly Lock _turn = new();
    private readonly object _gate = new();
    private readonly LinkedList<Slot> _slots = new();
    private readonly Stack<Slot> _free = new();
    private int _working;

    /// <summary>Begins the batch of a step.</summary>
    /// <returns>Fills the image and the label of a place; called once for each place, from any thread.</returns>
    public delegate Action<int> Opener(long step, long[] labels, float[] images);

    /// <summary>Copies the batch of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="workers">How many other threads may work; with 0 nothing is filled ahead.</param>
    /// <param name="labels">Gets the first labels of the batch, as many as there is room for.</param>
    /// <param name="images">Gets their images.</param>
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

            // A batch that failed is not used again; the next call fills it anew and fails in the same way.
            slot.Failure?.Throw();
            slot.Labels.AsSpan(0, labels.Length).CopyTo(labels);
            slot.Images.AsSpan(0, images.Length).CopyTo(images);
            lock (_gate)
            {
                _free.Push(slot);
            }
        }
    }

    /// <summary>Lets go of the batches that are being filled.</summary>
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
            // Whatever lies before the step, or is not the next ones in a row, will not be asked for.
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

        // Some of their images may be being written: they are not used again.
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

        /// <summary>What went wrong at the first place of those that could not be filled.</summary>
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
