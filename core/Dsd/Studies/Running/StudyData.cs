using System.Globalization;
using Dsd.Runs;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>Compares the data of a study with those that it was started with.</summary>
internal sealed class StudyData(StudyFolder folder, ITrialSource source)
{
    private readonly Dictionary<string, DataFingerprint> _expected = [];

    /// <summary>Compares all data, and keeps lists of their files for later messages.</summary>
    /// <returns>The data that cannot be compared, one sentence each.</returns>
    /// <exception cref="DsdException">Data have changed; each is named, with the first files.</exception>
    public IReadOnlyList<string> CheckAll()
    {
        var problems = new List<string>();
        var unknown = new List<string>();
        foreach (var name in folder.Study.DataNames)
        {
            if (source.Inventory(name) is not { } now)
            {
                continue;
            }

            if (Expected(name, now) is null && folder.Notes().Any())
            {
                unknown.Add($"{folder}: was started by a version of Dsd that kept no fingerprints: the data that finished trials were trained on cannot be compared with {now.Data} as it is now.");
            }

            if (Problem(name, now) is { } problem)
            {
                problems.Add(problem);
            }
            else if (!File.Exists(folder.DataList(now.Hash)))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(folder.DataList(now.Hash))!);
                now.Write(folder.DataList(now.Hash));
            }
        }

        return problems.Count == 0 ? unknown : throw Changed(problems);
    }

    /// <summary>Compares the data of one name.</summary>
    /// <param name="name">The name in a config.</param>
    /// <returns>Their fingerprint; null if the source has none.</returns>
    /// <exception cref="DsdException">They have changed.</exception>
    public DataFingerprint? Check(string name) =>
        source.Inventory(name) is not { } now ? null
        : Problem(name, now) is { } problem ? throw Changed([problem])
        : now.Fingerprint(name);

    private DsdException Changed(List<string> problems) => new(
        $"{folder}: the data are not those that the study was begun with:\n  {string.Join("\n  ", problems)}\nTrials on different data must not be mixed in one table. Restore the data, or start again in another folder (--out).");

    private string? Problem(string name, DataInventory now)
    {
        if (Expected(name, now) is not { } expected)
        {
            // A folder of an earlier version: the data found first by this process are those it continues with.
            _expected[name] = now.Fingerprint(name);
            return null;
        }

        return expected.Hash == now.Hash ? null
            : DataInventory.Read(folder.DataList(expected.Hash), expected.Data, expected.Hash) is { } earlier ? $"{now.Data}: {now.Since(earlier)}."
            : $"{now.Data}: {Size(now.Fingerprint(name))}, not {Size(expected)} as then, or others of that number and size.";
    }

    private DataFingerprint? Expected(string name, DataInventory now)
    {
        if (!_expected.TryGetValue(name, out var expected))
        {
            expected = folder.Study.Fingerprints.FirstOrDefault(f => f.Data == name)
                ?? folder.Notes().Select(n => n.Data).FirstOrDefault(d => d is not null && (d.DeclaredAs == name || d.Data == now.Data));
            if (expected is not null)
            {
                _expected[name] = expected;
            }
        }

        return expected;
    }

    private static string Size(DataFingerprint data) =>
        string.Create(CultureInfo.InvariantCulture, $"{data.Files:N0} files{(data.Bytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $" of {bytes:N0} bytes") : "")}");
}
