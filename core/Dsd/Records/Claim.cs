using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Dsd.Records;

/// <summary>The claim of one process on a block of a study or on a run folder; it is renewed by a heartbeat and passes to others when the heartbeat stops.</summary>
/// <remarks>
/// A claim is a file <c>NAME.GENERATION</c>, created so that only one process can create it. A process that sees a claim unchanged for
/// <see cref="Expiry"/>, by its own monotonic clock, creates the next generation; the highest
/// one is valid. So nothing depends on the clocks of different machines, on clock changes, or on file system locks.
/// </remarks>
internal sealed class Claim : IDisposable
{
    private const int Exists = 17;
    private const int MostTries = 100;
    private const int WindowsExists = unchecked((int)0x80070050);
    private readonly string _path;
    private readonly string _next;
    private readonly string _owner;
    private readonly Timer _timer;
    private readonly Lock _writing = new();
    private string _progress = "";
    private long _beats;
    private volatile bool _isLost;

    private Claim(string path, string next, string owner, TimeSpan beat)
    {
        _path = path;
        _next = next;
        _owner = owner;
        _timer = new Timer(_ => Beat(), null, beat, beat);
    }

    /// <summary>The time without a change after which others take over a claim.</summary>
    public static TimeSpan Expiry { get; } = TimeSpan.FromSeconds(60);

    /// <summary>The interval of the heartbeat.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    /// <summary>True if another process has taken it over; its holder then stops.</summary>
    public bool IsLost => _isLost;

    /// <summary>Creates a claim of a generation; null if another process was faster.</summary>
    /// <exception cref="IOException">It cannot be written, e.g. since the disk is full; nothing is left behind.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static Claim? TryMake(string folder, string name, int generation, TimeSpan beat)
    {
        var path = PathOf(folder, name, generation);
        var owner = $"{ProcessIdentity.Own} {Guid.NewGuid():N}";
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 1);
        }
        catch (IOException e) when (File.Exists(path) || e.HResult is Exists or WindowsExists)
        {
            // Another process holds it, or held it a moment ago.
            return null;
        }

        try
        {
            using (file)
            {
                file.Write(Encoding.UTF8.GetBytes($"{owner}\n0\n\n"));
                file.Flush(flushToDisk: true);
            }
        }
        catch (Exception e)
        {
            // Half made, it would look like another's claim to everybody, this process included.
            Remove(path);
            if (AtomicFile.IsSizeLimit(e))
            {
                throw AtomicFile.SizeLimit(path, e);
            }

            throw;
        }

        return new Claim(path, PathOf(folder, name, generation + 1), owner, beat);
    }

    /// <summary>Finds the highest generation of a claim with the content of its file; null if there is none.</summary>
    public static (int Generation, string Content)? Find(string folder, string name)
    {
        for (var tries = 0; Generations(folder, name) is { Count: > 0 } generations; tries++)
        {
            var path = PathOf(folder, name, generations.Max());
            try
            {
                return (generations.Max(), File.ReadAllText(path));
            }
            catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
            {
                // Released meanwhile; or no file at all.
                if (tries == MostTries)
                {
                    throw new DsdException($"{path}: cannot be read as a claim ({e.Message.TrimEnd('.')}). If it is a link or a folder, remove it.", e);
                }
            }
        }

        return null;
    }

    /// <summary>Reads the files of all claims in a folder.</summary>
    public static IEnumerable<KeyValuePair<string, string>> All(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is [_, .. var g] && g.All(char.IsAsciiDigit)))
        {
            string content;
            try
            {
                content = File.ReadAllText(file);
            }
            catch (IOException)
            {
                continue;
            }

            yield return new(file, content);
        }
    }

    /// <summary>True if the content of a claim file belongs to a process of this machine that has ended.</summary>
    public static bool IsOfTheDead(string content) => ProcessIdentity.IsDead(content.Split('\n')[0]);

    /// <summary>True if the content of a claim file belongs to a process of this machine, so that its state can be checked.</summary>
    public static bool IsOfThisMachine(string content) => ProcessIdentity.IsHere(content.Split('\n')[0]);

    /// <summary>True if a claim's holder is at work, without waiting: one of another machine by the age of its last heartbeat.</summary>
    public static bool IsHeld(string file, string content) =>
        !IsOfTheDead(content) && (IsOfThisMachine(content) || DateTime.UtcNow - File.GetLastWriteTimeUtc(file) < Expiry);

    /// <summary>Gets the last progress reported by its holder.</summary>
    public static string ProgressIn(string content) => content.Split('\n') is [_, _, var progress, ..] ? progress : "";

    /// <summary>Checks whether the claim is lost, without waiting for the next heartbeat.</summary>
    public bool CheckLost()
    {
        lock (_writing)
        {
            _isLost = _isLost || !IsOwn();
            return _isLost;
        }
    }

    /// <summary>Makes the folder again if somebody deleted it, with the claim, so that the missing file is not taken for a loss to another process.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public void Restore()
    {
        lock (_writing)
        {
            if (!_isLost && Path.GetDirectoryName(_path) is { } folder && !Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
                Write();
            }
        }
    }

    /// <summary>Sets the progress to write with the next heartbeat.</summary>
    public void Report(string progress) => _progress = progress;

    /// <summary>Releases the claim.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_writing)
        {
            if (!_isLost && IsOwn())
            {
                // Lower generations first: if the highest were deleted before them, an expired one would appear valid.
                var (folder, name) = (Path.GetDirectoryName(_path)!, Path.GetFileNameWithoutExtension(_path));
                foreach (var generation in Directory.Exists(folder) ? Generations(folder, name).Order() : Enumerable.Empty<int>())
                {
                    if (!Remove(PathOf(folder, name, generation)))
                    {
                        break;
                    }
                }
            }

            _isLost = true;
        }
    }

    private static List<int> Generations(string folder, string name) =>
    [
        .. Directory.EnumerateFileSystemEntries(folder, name + ".*")
            .Select(f => Path.GetFileName(f)[(name.Length + 1)..])
            .Where(g => g.All(char.IsAsciiDigit) && g.Length is > 0 and < 9)
            .Select(g => int.Parse(g, CultureInfo.InvariantCulture)),
    ];

    internal static string PathOf(string folder, string name, int generation) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}.{generation}"));

    /// <summary>Deletes a claim's file; one that cannot be deleted, e.g. on a disk that can no longer be written, is left to expire.</summary>
    private static bool Remove(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Debug.WriteLine(e.Message);
            return false;
        }
    }

    private bool IsOwn()
    {
        try
        {
            return !File.Exists(_next) && File.ReadAllText(_path).StartsWith(_owner, StringComparison.Ordinal);
        }
        catch (FileNotFoundException)
        {
            // Another process took it over and has released it since; or somebody deleted the whole folder.
            return !Directory.Exists(Path.GetDirectoryName(_path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // That it cannot be read says nothing about who has it.
            return true;
        }
    }

    private void Write() => AtomicFile.WriteText(_path, string.Create(CultureInfo.InvariantCulture, $"{_owner}\n{++_beats}\n{_progress}\n"));

    private void Beat()
    {
        lock (_writing)
        {
            if (_isLost)
            {
                return;
            }

            try
            {
                if (IsOwn())
                {
                    Write();
                }
                else
                {
                    _isLost = true;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The disk may be unavailable for a moment; if it stays so, others take over and the next heartbeat detects that.
                Debug.WriteLine(e.Message);
            }
        }
    }
}
