using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Records;

namespace Dsd.Studies;

/// <summary>The folder of a study: the study, a folder for each finished trial, and the claims of those at work.</summary>
/// <remarks>
/// <c>study.json</c>; <c>trials/TRIAL/</c> with <c>events.jsonl</c> (the record), <c>trial.json</c> (what it belongs to), until the judgement
/// <c>weights.safetensors</c>, and after it <c>test.jsonl</c> where the test split was read; <c>selection.json</c> (what was chosen on
/// validation, before the test split was read) and <c>judgement.json</c>; <c>data/</c> (the files of the data by name, size and hash);
/// <c>claims/</c> and <c>work/</c> for what is going on. A trial is put in its place whole, by one rename, so that any number of processes, also on several
/// machines that share a disk, can work at one study and be killed at any moment.
/// </remarks>
public sealed class StudyFolder
{
    private const string StudyFile = "study.json";
    private const string TrialFile = "trial.json";
    private const string TestFile = "test.jsonl";
    private const string WeightsFile = "weights.safetensors";
    private const string SelectionFile = "selection.json";
    private const string JudgementFile = "judgement.json";
    private const long MaxTextBytes = 64L << 20;

    private static readonly JsonSerializerOptions s_writing = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly string _text;

    private StudyFolder(string path, string text)
    {
        Path = path;
        Study = Study.FromJson(text);
        _text = text;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The study it belongs to.</summary>
    public Study Study { get; }

    /// <summary>Whether choices were made, and the test split was read where it is to be.</summary>
    internal bool IsJudged => File.Exists(In(JudgementFile));

    /// <summary>Where processes note what they are working at.</summary>
    internal string Claims => In("claims");

    /// <summary>Opens the folder of a study, or makes it.</summary>
    /// <param name="path">The folder; it does not exist yet, is empty, or holds this same study.</param>
    /// <param name="study">The study.</param>
    /// <exception cref="DsdException">The folder holds something else, or cannot be written.</exception>
    public static StudyFolder Create(string path, Study study)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(study);
        try
        {
            if (!IsThere(path))
            {
                CheckFree(path);
                Directory.CreateDirectory(path);
                AtomicFile.WriteText(System.IO.Path.Combine(path, StudyFile), study.ToJson() + "\n");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"{path}: the folder of the study cannot be written ({e.Message.TrimEnd('.')}). Choose another.", e);
        }

        var folder = Open(path);
        return folder.Study.Definition == study.Definition ? folder.Prepare() : throw folder.IsAnother(study);
    }

    /// <summary>Opens the folder of a study that is there.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="DsdException">There is no study, or it is of another version.</exception>
    public static StudyFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var file = System.IO.Path.Combine(path, StudyFile);
        if (!File.Exists(file))
        {
            throw new DsdException($"{path}: there is no study; its folder holds a {StudyFile}.");
        }

        try
        {
            return new StudyFolder(path, ReadText(file));
        }
        catch (Schedules.ScheduleFormatException e)
        {
            throw new DsdException($"{file}: {e.Message}. It is damaged or was written by another version of Dsd.", e);
        }
    }

    /// <summary>Whether a study is over: all its trials are done, choices are made, and the test split was read where it is to be.</summary>
    /// <param name="plan">The study, resolved.</param>
    public bool IsOver(StudyPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return IsJudged && plan.Trials.All(IsDone);
    }

    /// <summary>Whether a trial is done, completed or failed.</summary>
    /// <param name="trial">The trial.</param>
    public bool IsDone(Trial trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        return File.Exists(TrialPath(trial, TrialFile));
    }

    /// <summary>Reads what came out of a trial.</summary>
    /// <param name="trial">The trial.</param>
    /// <returns>Its result; null where it is not done.</returns>
    /// <exception cref="DsdException">The folder of the trial is damaged, was changed, or belongs to another study.</exception>
    public TrialResult? Read(Trial trial)
    {
        if (!IsDone(trial))
        {
            return null;
        }

        var path = TrialPath(trial, TrialFile);
        var note = TrialNote.Read(path);
        if (note.Format != TrialNote.Version)
        {
            throw Damaged(trial, FormattableString.Invariant($"it has version {note.Format} of the format, this program reads {TrialNote.Version}"));
        }

        if (note.Fingerprint != trial.Fingerprint)
        {
            throw Damaged(trial, "it belongs to another study, or to another version of this one");
        }

        if (note.Data is { } data && Study.Fingerprints.FirstOrDefault(f => f.Data == trial.Treatment.Setting.Data) is { } ours && data.Hash != ours.Hash)
        {
            throw Damaged(trial, $"it was trained on other data than the study's: {data.Data} had the fingerprint {data.Hash}, not {ours.Hash}");
        }

        var log = TrialPath(trial, RunReader.EventsFile);
        if (!File.Exists(log) || HashOf(log) != note.Events)
        {
            throw Damaged(trial, $"its {RunReader.EventsFile} is missing or was changed");
        }

        var record = RunReader.Run(log);
        var test = TrialPath(trial, TestFile);
        if (File.Exists(test))
        {
            record = EventLog.Read(test) is [Evaluated { Split: DataSplit.Test } evaluated]
                ? record.Apply(evaluated)
                : throw Damaged(trial, $"its {TestFile} is not one measurement on the test split");
        }

        return record.End is null ? throw Damaged(trial, "its record breaks off") : new TrialResult(trial, record, note.Fork)
        {
            Data = note.Data,

            // Notes of earlier versions do not say it; their messages begin so.
            HasDiverged = note.HasDiverged ?? (record.End.Outcome == RunOutcome.Failed && record.End.Message?.StartsWith("Training has diverged", StringComparison.Ordinal) == true),
        };
    }

    /// <summary>The folder, for messages.</summary>
    public override string ToString() => Path;

    /// <summary>Whether a folder holds a study.</summary>
    internal static bool IsThere(string path) => File.Exists(System.IO.Path.Combine(path, StudyFile));

    /// <summary>Refuses a folder that cannot become a study's.</summary>
    internal static void CheckFree(string path)
    {
        // Another process may be making it: then its file has a temporary name, or stands there by now.
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(e => !AtomicFile.IsBeingWritten(e, StudyFile)) && !IsThere(path)))
        {
            throw new DsdException($"{path}: holds something other than a study; choose a folder that is empty or does not exist yet.");
        }
    }

    /// <summary>Makes the folders for work.</summary>
    internal StudyFolder Prepare()
    {
        foreach (var part in new[] { Claims, In("trials"), In("work") })
        {
            Directory.CreateDirectory(part);
        }

        return this;
    }

    /// <summary>The error that this folder holds another study than a given one.</summary>
    internal DsdException IsAnother(Study study) =>
        new($"{Path}: holds another study ('{Study.Name}'): {Difference(Study, study)}. Choose another folder, or run that one by naming its folder.");

    /// <summary>Refuses to go on where the study was extended since this folder was opened.</summary>
    internal void CheckUnchanged()
    {
        if (ReadText(In(StudyFile)) != _text)
        {
            throw new DsdException($"{Path}: the study was changed while it was worked at. Start again to go on with what it is now.");
        }
    }

    /// <summary>Writes the study anew, e.g. with more seeds.</summary>
    internal StudyFolder Rewrite(Study study)
    {
        AtomicFile.WriteText(In(StudyFile), study.ToJson() + "\n");
        return Open(Path);
    }

    /// <summary>The list of files of data with a hash.</summary>
    internal string DataList(string hash) => In("data", $"{hash}.tsv.gz");

    /// <summary>What finished trials say about themselves.</summary>
    internal IEnumerable<TrialNote> Notes() => !Directory.Exists(In("trials")) ? [] : Directory.EnumerateDirectories(In("trials"))
        .Select(d => System.IO.Path.Combine(d, TrialFile)).Where(File.Exists).Order(StringComparer.Ordinal).Select(TrialNote.Read);

    /// <summary>Whether any trial was measured on the test split.</summary>
    internal bool HasAnyTest => Directory.Exists(In("trials")) && Directory.EnumerateDirectories(In("trials")).Any(d => File.Exists(System.IO.Path.Combine(d, TestFile)));

    /// <summary>A new folder to write a trial into before it is put in its place.</summary>
    internal string Workplace(Trial trial)
    {
        var path = In("work", $"{trial.Name}.{Guid.NewGuid():N}");
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Puts a trial in its place, whole, by one rename; where another process was faster, its result stays.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="workplace">The folder that holds its closed event log.</param>
    /// <param name="fork">The hash of the checkpoint from which it was forked, or null.</param>
    /// <param name="data">The data that it was trained on, or null where they are not known.</param>
    /// <param name="diverged">Whether it failed because training diverged.</param>
    internal void Finish(Trial trial, string workplace, string? fork, DataFingerprint? data = null, bool diverged = false)
    {
        new TrialNote(TrialNote.Version, trial.Name, trial.Fingerprint, fork, HashOf(System.IO.Path.Combine(workplace, RunReader.EventsFile)), data, diverged)
            .Write(System.IO.Path.Combine(workplace, TrialFile));
        try
        {
            Directory.Move(workplace, TrialPath(trial));
        }
        catch (IOException) when (IsDone(trial))
        {
            Directory.Delete(workplace, recursive: true);
        }
    }

    /// <summary>Takes a trial out of the study, so that it is trained again: it was forked from another checkpoint than those beside it, or its weights are needed once more.</summary>
    internal void SetAside(Trial trial)
    {
        Directory.CreateDirectory(In("set-aside"));
        Directory.Move(TrialPath(trial), In("set-aside", $"{trial.Name}.{Guid.NewGuid():N}"));
    }

    /// <summary>The hash of the checkpoint from which a finished trial was forked.</summary>
    internal string? ForkOf(Trial trial) => TrialNote.Read(TrialPath(trial, TrialFile)).Fork;

    /// <summary>Deletes what workers that were killed left half-written of a trial; only for the one who holds its claim.</summary>
    internal void ClearWork(Trial trial)
    {
        foreach (var left in Directory.EnumerateDirectories(In("work"), trial.Name + ".*"))
        {
            if (System.IO.Path.GetFileName(left).Length == trial.Name.Length + 33)
            {
                Directory.Delete(left, recursive: true);
            }
        }
    }

    internal string WeightsOf(Trial trial) => TrialPath(trial, WeightsFile);

    internal static string WeightsIn(string workplace) => System.IO.Path.Combine(workplace, WeightsFile);

    internal bool HasTest(Trial trial) => File.Exists(TrialPath(trial, TestFile));

    internal void WriteTest(Trial trial, Evaluated test) => AtomicFile.WriteText(TrialPath(trial, TestFile), EventLog.ToLine(test) + "\n");

    internal void WriteSelection(JsonObject selection) => Write(In(SelectionFile), selection);

    /// <summary>Takes the judgement back, since a trial was taken out to be trained again; what was measured on test stays.</summary>
    internal void WithdrawJudgement() => File.Delete(In(JudgementFile));

    /// <summary>Takes the judgement back, since the study is extended; it stays to be looked up under another name, with the selection.</summary>
    /// <param name="seeds">How many seeds were judged.</param>
    internal void KeepJudgementOf(int seeds)
    {
        foreach (var file in new[] { SelectionFile, JudgementFile })
        {
            if (File.Exists(In(file)))
            {
                File.Move(In(file), In(FormattableString.Invariant($"{System.IO.Path.GetFileNameWithoutExtension(file)}-{seeds}-seeds.json")), overwrite: true);
            }
        }
    }

    internal void WriteJudgement(JsonObject judgement) => Write(In(JudgementFile), judgement);

    private static void Write(string path, JsonObject node) => AtomicFile.WriteText(path, node.ToJsonString(s_writing) + "\n");

    internal static string ReadText(string file) => new FileInfo(file).Length <= MaxTextBytes
        ? File.ReadAllText(file)
        : throw new DsdException($"{file}: larger than {MaxTextBytes >> 20} MB, which no study is.");

    private static string HashOf(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static string Difference(Study a, Study b) =>
        a.Setting.WithData(b.Setting.Data) == b.Setting && a.Setting != b.Setting ? $"its data are {a.Setting.Data}, not {b.Setting.Data}"
        : a.Setting != b.Setting ? $"its setting is {a.Setting}, not {b.Setting}"
        : !a.Arms.Equals(b.Arms) ? $"its arms are {string.Join(", ", a.Arms.Select(x => x.Name))}, and not the same here"
        : !a.Variants.Equals(b.Variants) ? "its variants differ from those here"
        : !a.Seeds.Equals(b.Seeds) ? FormattableString.Invariant($"it has {a.Seeds.Count} seeds, and not the same as the {b.Seeds.Count} here{(a.Seeds.All(b.Seeds.Contains) ? $"; to extend it, say so: --seeds {b.Seeds.Count} at the command line, extend: true in a program" : "")}")
        : "its name, question, judgement or threads differ";

    private DsdException Damaged(Trial trial, string how) =>
        new($"{TrialPath(trial)}: {how}. Delete this folder to have the trial trained again.");

    private string TrialPath(Trial trial, string? file = null) => file is null ? In("trials", trial.Name) : In("trials", trial.Name, file);

    private string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);
}
