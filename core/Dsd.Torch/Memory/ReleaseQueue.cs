namespace Dsd.Torch;

/// <summary>Native objects that are freed only when they have waited long enough and many were given up after them. Thread-safe.</summary>
/// <param name="free">Frees one.</param>
/// <param name="leastAge">The least time that each waits.</param>
/// <param name="leastLater">The least number of later ones.</param>
internal sealed class ReleaseQueue(Action<nint> free, TimeSpan leastAge, int leastLater)
{
    private readonly Lock _lock = new();
    private readonly Queue<(nint Item, long Time)> _waiting = new();
    private long _added;
    private bool _isClosed;

    /// <summary>The number of objects that were added so far.</summary>
    public long Added
    {
        get
        {
            lock (_lock)
            {
                return _added;
            }
        }
    }

    /// <summary>The number of objects that are not freed yet.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Adds an object, and frees those whose time has come.</summary>
    /// <param name="item">The object.</param>
    /// <param name="now">The time, in milliseconds from any moment.</param>
    public void Add(nint item, long now)
    {
        lock (_lock)
        {
            _added++;
            if (_isClosed)
            {
                free(item);
                return;
            }

            _waiting.Enqueue((item, now));
            while (_waiting.Count > leastLater && now - _waiting.Peek().Time > leastAge.TotalMilliseconds)
            {
                free(_waiting.Dequeue().Item);
            }
        }
    }

    /// <summary>Frees all that wait, and from now on each at once.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            while (_waiting.TryDequeue(out var next))
            {
                free(next.Item);
            }
        }
    }
}
