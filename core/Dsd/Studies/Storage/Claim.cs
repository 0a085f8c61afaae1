using System.Diagnostics;
using System.Globalization;

namespace Dsd.Studies;

/// <summary>The right of one process to work at a block; it is renewed by a beat and falls to others when the beat stops.</summary>
/// <remarks>
/// A claim is a file <c>NAME.GENERATION</c>, made so that only one process can make it. Whoever sees a claim that has not changed for
/// <see cref="Expiry"/>, by its own clock that runs steadily and not by any time of day, makes the next generation; the highest
/// one holds. So nothing depends on clocks of different machines, on a clock that is set, or on locks of a file system.
/// </remarks>
internal sealed class Claim : IDisposable
{
    private const int Exists = 17;
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

    /// <summary>How long a claim may stay unchanged before others take it over.</summary>
    public static TimeSpan Expiry { get; } = TimeSpan.FromSeconds(60);

    /// <summary>How often it is renewed.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether another process has taken it over; its holder then stops.</summary>
    public bool IsLost => _isLost;

    /// <summary>Makes a claim of a generation; null where another process was faster.</summary>
    public static Claim? TryMake(string folder, string name, int generation, TimeSpan beat)
    {
        var path = PathOf(folder, name, generation);
        var owner = $"{ProcessIdentity.Own} {Guid.NewGuid():N}";
        try
        {
            using var file = new StreamWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write));
            file.Write($"{owner}\n0\n\n");
        }
        catch (IOException e) when (File.Exists(path) || e.HResult is Exists or WindowsExists)
        {
            // Somebody has it, or had it a moment ago.
            return null;
        }

        return new Claim(path, PathOf(folder, name, generation + 1), owner, beat);
    }

    /// <summary>The highest generation of a claim that there is, with what its file says; null where there is none.</summary>
    public static (int Generation, string Content)? Find(string folder, string name)
    {
        for (var generations = Generations(folder, name); generations.Count > 0; generations = Generations(folder, name))
        {
            try
            {
                return (generations.Max(), File.ReadAllText(PathOf(folder, name, generations.Max())));
            }
            catch (FileNotFoundException)
            {
                // Given back meanwhile.
            }
        }

        return null;
    }

    /// <summary>The files of all claims of a study, each with what it says.</summary>
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

    /// <summary>Whether what a claim's file says is of a process of this machine that is no more.</summary>
    public static bool IsOfTheDead(string content) => ProcessIdentity.IsDead(content.Split('\n')[0]);

    /// <summary>Whether what a claim's file says is of a process of this machine, so that it can be known whether it runs.</summary>
    public static bool IsOfThisMachine(string content) => ProcessIdentity.IsHere(content.Split('\n')[0]);

    /// <summary>What its holder last said about its progress.</summary>
    public static string ProgressIn(string content) => content.Split('\n') is [_, _, var progress, ..] ? progress : "";

    /// <summary>Looks whether the claim is still held, without waiting for the next beat.</summary>
    public bool CheckLost()
    {
        lock (_writing)
        {
            _isLost = _isLost || !IsOwn();
            return _isLost;
        }
    }

    /// <summary>Notes the progress, to be written with the next beat.</summary>
    public void Report(string progress) => _progress = progress;

    /// <summary>Gives the claim back.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_writing)
        {
            if (!_isLost && IsOwn())
            {
                // Lower generations first: were the highest gone before them, an expired one would seem to hold.
                var (folder, name) = (Path.GetDirectoryName(_path)!, Path.GetFileNameWithoutExtension(_path));
                foreach (var generation in Generations(folder, name).Order())
                {
                    File.Delete(PathOf(folder, name, generation));
                }
            }

            _isLost = true;
        }
    }

    private static List<int> Generations(string folder, string name) =>
    [
        .. Directory.EnumerateFiles(folder, name + ".*")
            .Select(f => Path.GetFileName(f)[(name.Length + 1)..])
            .Where(g => g.All(char.IsAsciiDigit) && g.Length is > 0 and < 9)
            .Select(g => int.Parse(g, CultureInfo.InvariantCulture)),
    ];

    private static string PathOf(string folder, string name, int generation) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}.{generation}"));

    private bool IsOwn()
    {
        try
        {
            return !File.Exists(_next) && File.ReadAllText(_path).StartsWith(_owner, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

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
                    AtomicFile.WriteText(_path, string.Create(CultureInfo.InvariantCulture, $"{_owner}\n{++_beats}\n{_progress}\n"));
                }
                else
                {
                    _isLost = true;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A disk that is away for a moment; if it stays away, others take over and the next beat finds that out.
                Debug.WriteLine(e.Message);
            }
        }
    }
}
