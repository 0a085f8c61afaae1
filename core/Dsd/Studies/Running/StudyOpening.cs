using Dsd.Plans;
using Dsd.Records;

namespace Dsd.Studies;

/// <summary>Opens the folder of a study for work, after checking that its trials are of one study and of the same data.</summary>
/// <remarks>Until then nothing is written. A new study stores its data by full paths and their fingerprints, so that it means the same from any working folder.</remarks>
internal static class StudyOpening
{
    /// <summary>Starts a study in a folder, or continues the one in it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="study">The requested study; a relative path of data is resolved against the working folder, or against that in which the study was started.</param>
    /// <param name="source">The source of networks and data.</param>
    /// <param name="extend">True to add seeds that the folder's study lacks.</param>
    /// <param name="say">Called with messages about data that cannot be compared. Default: none.</param>
    /// <param name="expiry">The time for which a claim of another machine must stay unchanged before the study can be extended. Default: <see cref="Claim.Expiry"/>.</param>
    /// <exception cref="PlanException">The study cannot be carried out.</exception>
    /// <exception cref="DsdException">The folder holds something else, or the data have changed.</exception>
    public static (StudyPlan Plan, StudyFolder Folder) Open(string path, Study study, ITrialSource source, bool extend = false, Action<string>? say = null, TimeSpan? expiry = null) =>
        StudyFolder.IsThere(path) ? GoOn(StudyFolder.Open(path), study, source, extend, say, expiry ?? Claim.Expiry) : Begin(path, study, source);

    private static (StudyPlan Plan, StudyFolder Folder) Begin(string path, Study study, ITrialSource source)
    {
        StudyPlan.Resolve(study, source);
        StudyFolder.CheckFree(path);
        var inventories = study.DataNames.ToDictionary(name => name, source.Inventory);
        var fingerprints = inventories.Where(i => i.Value is not null).Select(i => i.Value!.Fingerprint(DeclaredAs(study, i.Key))).ToValueList();
        var changed = study.Fingerprints.Where(was => fingerprints.Any(now => (now.Data == was.Data || now.DeclaredAs == was.DeclaredAs) && now.Hash != was.Hash)).ToList();
        if (changed.Count > 0)
        {
            throw new DsdException($"The data of this study have changed since its fingerprints were taken: {string.Join(", ", changed.Select(c => c.Data).Distinct())}. Restore them, or remove the field 'fingerprints' from the study.");
        }

        // The history of extensions belongs to the folder where they were made.
        var begun = study.WithData(name => inventories[name]?.Data ?? source.Locate(name)) with { Fingerprints = fingerprints, Extensions = [] };
        var folder = StudyFolder.Create(path, begun);
        new StudyData(folder, source).CheckAll();
        return (StudyPlan.Resolve(folder.Study, source), folder);
    }

    private static (StudyPlan Plan, StudyFolder Folder) GoOn(StudyFolder folder, Study asked, ITrialSource source, bool extend, Action<string>? say, TimeSpan expiry)
    {
        var there = folder.Study;
        asked = As(there, asked, source);
        var extended = Extended(folder, asked, extend);
        if (extended is null && folder.IsJudged && StudyPlan.OfRecord(there, new RecordedTrials(folder, source)) is var over && folder.IsOver(over))
        {
            // The folder is only read, which needs no data.
            return (over, folder.Prepare());
        }

        foreach (var sentence in new StudyData(folder, source).CheckAll())
        {
            say?.Invoke(sentence);
        }

        var plan = extended is null ? StudyPlan.OfRecord(there, source) : StudyPlan.Resolve(extended, source);
        if (extended is not null)
        {
            if (StudyActivity.IsRunning(folder, expiry, say))
            {
                throw new DsdException($"{folder}: workers are still running. A study can be extended only while none is; stop them first.");
            }

            // In this order, a process killed in between leaves a study with its extension recorded and its new trials to be done.
            folder = folder.Rewrite(extended);
            folder.KeepJudgementOf(there.Seeds.Count);
        }

        folder.Prepare();
        foreach (var (trial, place) in plan.Trials.Select(t => (t.Name, folder.SetAsideLeftover(t))).Where(l => l.Item2 is not null))
        {
            say?.Invoke($"{folder}: trials/{trial} holds no trial.json, so it is not a finished trial; it was moved to {place}, and the trial is trained");
        }

        return (plan, folder);
    }

    /// <summary>Returns the requested study with its data named as those of the folder's study if they are the same.</summary>
    private static Study As(Study there, Study asked, ITrialSource source)
    {
        // A study that does not name a device is the same one on whichever it was started.
        asked = asked.Device is null ? asked.WithDevice(there.Device) : asked;
        var named = asked.WithData(name => there.Fingerprints.FirstOrDefault(f => f.DeclaredAs == name)?.Data ?? source.Locate(name));
        return IsSame(there, asked) ? asked : named;
    }

    private static bool IsSame(Study there, Study asked) => there.Definition == asked.WithSeeds(there.Seeds).Definition;

    /// <summary>Returns the folder's study with the additional requested seeds; null if there are none.</summary>
    /// <exception cref="DsdException">Another study is requested, or more seeds without <paramref name="extend"/>, or fewer.</exception>
    private static Study? Extended(StudyFolder folder, Study asked, bool extend)
    {
        var there = folder.Study;
        if (asked.Definition == there.Definition)
        {
            return null;
        }

        var added = asked.Seeds.Except(there.Seeds).ToList();
        if (!extend || !IsSame(there, asked))
        {
            throw folder.IsAnother(asked);
        }

        return added.Count + there.Seeds.Count == asked.Seeds.Count
            ? added.Count == 0 ? null : there.WithSeeds(there.Seeds.Concat(added)) with
            {
                Extensions = there.Extensions.Add(new StudyExtension(there.Seeds.Count, asked.Seeds.Count, folder.IsJudged, folder.HasAnyTest, DateTimeOffset.Now)),
            }
            : throw new DsdException(FormattableString.Invariant($"{folder}: the study has {there.Seeds.Count} seeds, and {asked.Seeds.Count} are requested. Seeds can be added and never taken away: request {there.Seeds.Count} or more, or start again in another folder."));
    }

    private static string DeclaredAs(Study study, string name) => study.Fingerprints.FirstOrDefault(f => f.Data == name)?.DeclaredAs ?? name;
}
