namespace Dsd.Data;

/// <summary>Fills the batch of the next step on another thread while the current one is trained on.</summary>
/// <remarks>What is filled in is a pure function of the step, so that it makes no difference who fills it in, and when.</remarks>
/// <param name="examples">Examples in a batch.</param>
/// <param name="pixels">Numbers in an image.</param>
/// <param name="fill">Writes the labels and images of a step.</param>
internal sealed class BatchAhead(int examples, int pixels, Action<long, long[], float[]> fill)
{
    private readonly Lock _turn = new();
    private readonly long[] _labels = new long[examples];
    private readonly float[] _images = new float[examples * pixels];
    private Task? _filling;
    private long _step = -1;

    /// <summary>Copies the batch of a step, and goes on to fill the next.</summary>
    public void Take(long step, Span<long> labels, Span<float> images)
    {
        lock (_turn)
        {
            // The step that is being filled in must be out of the way first, even where another is asked for.
            var filled = _filling is { } filling && WaitFor(filling);
            if (!filled || _step != step)
            {
                fill(step, _labels, _images);
            }

            _labels.CopyTo(labels);
            _images.CopyTo(images);
            _step = step + 1;
            _filling = Task.Run(() => fill(step + 1, _labels, _images));
        }
    }

    private static bool WaitFor(Task filling)
    {
        try
        {
            filling.Wait();
            return true;
        }
        catch (AggregateException)
        {
            // The step itself will say what is wrong, when it is asked for.
            return false;
        }
    }
}
