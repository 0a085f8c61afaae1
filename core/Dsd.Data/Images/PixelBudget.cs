namespace Dsd.Data;

/// <summary>The pixels of large images that are decoded at once by all threads, so that memory does not grow with threads times the largest image.</summary>
/// <remarks>A thread holds one image at a time: with two, it could wait for itself.</remarks>
/// <param name="most">The number of pixels that may be held together.</param>
internal sealed class PixelBudget(long most)
{
    private readonly object _lock = new();
    private long _held;

    /// <summary>Waits until the pixels fit beside those that others hold; more than all there are count as all.</summary>
    /// <returns>Gives them back when disposed.</returns>
    public IDisposable Take(long pixels)
    {
        pixels = Math.Min(pixels, most);
        lock (_lock)
        {
            while (_held + pixels > most)
            {
                Monitor.Wait(_lock);
            }

            _held += pixels;
        }

        return new Lease(this, pixels);
    }

    private void Return(long pixels)
    {
        lock (_lock)
        {
            _held -= pixels;
            Monitor.PulseAll(_lock);
        }
    }

    private sealed class Lease(PixelBudget budget, long pixels) : IDisposable
    {
        private int _isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
            {
                budget.Return(pixels);
            }
        }
    }
}
