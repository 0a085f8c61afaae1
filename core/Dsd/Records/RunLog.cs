using System.Text;

namespace Dsd.Records;

/// <summary>The event log of an arm in a run folder; events that cannot be written are kept and tried again.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly string _path;
    private readonly EventLog _log;
    private readonly Queue<TrainingEvent> _pending = new();
    private bool _isDisposed;

    private RunLog(string path, EventLog log) => (_path, _log) = (path, log);

    /// <summary>The reason why the last events could not be written; null if all are.</summary>
    public string? Failure { get; private set; }

    /// <summary>Opens a new log.</summary>
    /// <exception cref="IOException">It exists or cannot be written.</exception>
    public static RunLog Create(string path) => new(path, new EventLog(path));

    /// <summary>Replaces a log by another content, and opens it to continue.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static RunLog Continue(string path, byte[] content)
    {
        AtomicFile.Write(path, file => file.Write(content));
        return new(path, EventLog.Continue(path));
    }

    /// <summary>Appends an event, after those that could not be written before.</summary>
    public void Write(TrainingEvent happened)
    {
        _pending.Enqueue(happened);
        Flush();
    }

    /// <summary>Returns the content so far, with the events that could not be written.</summary>
    public byte[] Content()
    {
        Flush();
        return [.. _log.Content(), .. _pending.SelectMany(e => Encoding.UTF8.GetBytes(EventLog.ToLine(e) + "\n"))];
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Flush();
            _log.Dispose();
        }
    }

    private void Flush()
    {
        try
        {
            while (_pending.TryPeek(out var next))
            {
                _log.Write(next);
                _pending.Dequeue();
            }

            Failure = File.Exists(_path) ? null : $"{_path} has been deleted";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = e.Message.TrimEnd('.');
        }
    }
}
