using System.Globalization;
using Dsd.Charts;
using Dsd.Data;

namespace Dsd.Cli;

/// <summary>The runs and studies of a folder, as a list of links.</summary>
internal sealed class WatchedFolder(string folder, string name) : Watched(folder, name)
{
    private const int First = 100;
    private const int Most = 500;
    private readonly Dictionary<string, Watched> _opened = new(StringComparer.Ordinal);
    private IReadOnlyList<RunListEntry> _entries = [];

    /// <inheritdoc/>
    public override Watched? Find(string name)
    {
        if (name.Length == 0)
        {
            return this;
        }

        // Only what the list names is opened: a name from an address leads nowhere else.
        _ = Now();
        lock (_opened)
        {
            return _opened.TryGetValue(name, out var known) ? known
                : _entries.Any(e => e.Name == name) ? _opened[name] = Open(Path.Combine(Folder, name), name)
                : null;
        }
    }

    // Runs far below change without a change here, so that the list is made every two seconds.
    protected override string Stamp() => Directory.Exists(Folder) ? (Environment.TickCount64 / 2000).ToString(CultureInfo.InvariantCulture) : "";

    protected override string Read()
    {
        var source = new CatalogTrials();

        // Thousands of folders take their time: those that changed last are shown before all are looked at.
        if (_entries.Count == 0 && RunList.Glance(Folder, source, First) is { Count: First } latest)
        {
            return Show(latest, $"The newest {First} runs and studies; the others are being read.");
        }

        var (entries, all) = RunList.Newest(Folder, source, Most);
        return Show(entries, string.Create(CultureInfo.InvariantCulture, $"{(all > entries.Count ? $"The newest {entries.Count:N0} of {all:N0} runs and studies; all of them: dsd runs {CommandText.Word(Folder)}." : "")}"));
    }

    private string Show(IReadOnlyList<RunListEntry> entries, string about)
    {
        _entries = [.. entries.OrderByDescending(e => e.Started ?? DateTimeOffset.MinValue)];
        if (_entries.Count == 0)
        {
            return Live.Of(Name, $"{Folder}: no runs here yet; 'dsd train' makes one.");
        }

        return Live.Of($"Runs in {Name}", about, RunList.Table(_entries, DateTimeOffset.Now), [.. _entries.Select(e => $"?of={Uri.EscapeDataString(e.Name)}")]);
    }
}
