using System.Reflection;

namespace Dsd.Training;

/// <summary>Decides when progress is shown: after a delay, at milestones, and at regular intervals, so that slow steps do not look like a stall.</summary>
/// <param name="output">The destination.</param>
/// <param name="patience">The delay before anything is shown; a run that ends within it shows nothing.</param>
/// <param name="time">The clock. Default null: the system's.</param>
internal sealed class ProgressShow(IProgressOutput output, TimeSpan patience, TimeProvider? time = null)
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_betweenLines = TimeSpan.FromSeconds(30);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private Func<string> _status = () => "";
    private long _begun;
    private long _last;
    private bool _hasShown;

    /// <summary>The time since the start.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_begun);

    /// <summary>Starts.</summary>
    /// <param name="status">Returns the current status; called on other threads too, under the lock of <see cref="Change"/>.</param>
    public void Begin(Func<string> status)
    {
        lock (_lock)
        {
            (_status, _begun, _last, _hasShown) = (status, _time.GetTimestamp(), _time.GetTimestamp(), false);
            _timer?.Dispose();
            _timer = _time.CreateTimer(_ => Tick(), null, s_tick, s_tick);
        }
    }

    /// <summary>Changes the data behind the status.</summary>
    /// <param name="change">Makes the change, and returns a text if it is a milestone.</param>
    public void Change(Func<string?> change)
    {
        lock (_lock)
        {
            if (change() is { } milestone && Elapsed >= patience)
            {
                Show(output.IsLive ? _status() : milestone);
            }
        }
    }

    /// <summary>Shows a sentence that stays, at once.</summary>
    public void Say(string sentence)
    {
        lock (_lock)
        {
            Try(() => output.End(sentence));
        }
    }

    /// <summary>Ends.</summary>
    /// <param name="text">The last text.</param>
    public void End(string text)
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            if (_hasShown)
            {
                Try(() => output.End(text));
            }
        }
    }

    private void Tick()
    {
        lock (_lock)
        {
            if (_timer is not null && Elapsed >= patience && (output.IsLive || !_hasShown || _time.GetElapsedTime(_last) >= s_betweenLines) && _status() is { Length: > 0 } status)
            {
                Show(status);
            }
        }
    }

    private void Show(string text)
    {
        (_last, _hasShown) = (_time.GetTimestamp(), true);
        Try(() => output.Show(text));
    }

    private void Try(Action show)
    {
        try
        {
            show();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or TargetInvocationException)
        {
            // The reader is gone, as at a closed pipe: that is no reason to stop training.
            _timer?.Dispose();
            _timer = null;
        }
    }
}
