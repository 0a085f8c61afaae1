using System.Diagnostics;
using Dsd.Charts;
using Dsd.Records;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>A run, a study or a folder of them as a page shows it: read again where its files have changed, and once for all pages that show it.</summary>
internal abstract class Watched
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private readonly Lock _gate = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next = TimeSpan.Zero;
    private string? _stamp;
    private (long Version, string Content) _now;

    protected Watched(string folder, string name)
    {
        (Folder, Name) = (folder, name);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Opens what a folder holds: a study, a run, or others.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Its name; null for that of the folder.</param>
    public static Watched Open(string folder, string? name = null)
    {
        name ??= Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return StudyFolder.IsThere(folder) ? new WatchedStudy(folder, name)
            : RunFiles.Arms(folder).Count > 0 || File.Exists(Path.Combine(folder, RunFiles.Config)) ? new WatchedRun(folder, name)
            : new WatchedFolder(folder, name);
    }

    /// <summary>Starts a server of its pages.</summary>
    /// <param name="port">The port; 0 for a free one.</param>
    /// <exception cref="DsdException">The port cannot be used, or this copy of dsd has no web server.</exception>
    public WatchServer Serve(int port = 0)
    {
        try
        {
            return WatchServer.Start(this, port);
        }
        catch (FileNotFoundException e) when (e.FileName?.StartsWith("Microsoft.", StringComparison.Ordinal) == true)
        {
            throw new DsdException("This copy of dsd was bundled without the web server of its pages. Watch the folder with another copy, from a machine that shares it.", e);
        }
    }

    /// <summary>Finds one of those that it lists; null if there is none of that name.</summary>
    /// <param name="name">The name; empty for itself.</param>
    public virtual Watched? Find(string name) => name.Length == 0 ? this : null;

    /// <summary>Returns what is to be shown, as JSON in one line, and a number that is another where that has changed.</summary>
    public (long Version, string Content) Now()
    {
        lock (_gate)
        {
            var (begin, isFirst) = (_clock.Elapsed, _stamp is null);
            if (begin < _next)
            {
                return _now;
            }

            // What changes while it is read has another stamp the next time.
            var stamp = Guarded(Stamp);
            if (stamp != _stamp)
            {
                var content = Guarded(() => stamp.Length == 0 ? throw new DsdException("it is gone. The page follows it again when it is back.") : Read());
                _now = (content == _now.Content ? _now.Version : _now.Version + 1, content);
                _stamp = stamp;
            }

            // A large record takes its time to read: most of the time is the training's. The first time it is the code that takes it.
            var cost = isFirst ? TimeSpan.Zero : _clock.Elapsed - begin;
            _next = _clock.Elapsed + (4 * cost > s_pause ? 4 * cost : s_pause);
            return _now;
        }
    }

    /// <summary>What changes when there is something new to show; empty if the folder is gone.</summary>
    protected abstract string Stamp();

    /// <summary>Reads what is to be shown.</summary>
    protected abstract string Read();

    /// <summary>The size and time of a file, for a stamp.</summary>
    protected static string StampOf(string file) => new FileInfo(file) is { Exists: true } info ? FormattableString.Invariant($"{info.Length} {info.LastWriteTimeUtc.Ticks};") : "-;";

    private string Guarded(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is, the page says it and looks again.
            return Live.Of(Name, $"{Folder}: {((e as AggregateException)?.InnerException ?? e).Message.Split('\n')[0]}");
        }
    }
}
