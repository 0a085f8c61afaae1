using System.Security.Cryptography;
using Dsd.Records;
using Dsd.Runs;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Studies;

/// <content>The folders of trials.</content>
internal sealed partial class StudyFolder
{
    private const string WeightsFile = "weights.safetensors";

    /// <summary>True if a trial is finished: completed or failed.</summary>
    /// <param name="trial">The trial.</param>
    public bool IsDone(Trial trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        return File.Exists(TrialPath(trial, TrialFile));
    }

    /// <summary>Reads the result of a trial.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="isJudged">True to read its measurement on test too; before a judgement nothing vouches for one.</param>
    /// <returns>Its result; null if it is not finished.</returns>
    /// <exception cref="DsdException">The folder of the trial is damaged, was changed, or belongs to another study.</exception>
    public TrialResult? Read(Trial trial, bool isJudged)
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

        if (note.Data is { } data && Study.Fingerprints.FirstOrDefault(f => f.Data == trial.Treatment.Config.Data) is { } ours && data.Hash != ours.Hash)
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
        if (isJudged && File.Exists(test))
        {
            record = EventLog.Read(test) is { Count: > 0 } measured && measured.All(m => m is Evaluated { Split: DataSplit.Test })
                ? measured.Aggregate(record, (r, m) => r.Apply(m))
                : throw Damaged(trial, $"its {TestFile} does not hold measurements on the test split alone");
        }

        return record.End is null ? throw Damaged(trial, "its record breaks off") : new TrialResult(trial, record, note.Fork)
        {
            Data = note.Data,

            // Notes of earlier versions lack the field; their messages start like this.
            HasDiverged = note.HasDiverged ?? (record.End.Outcome == RunOutcome.Failed && record.End.Message?.StartsWith("Training has diverged", StringComparison.Ordinal) == true),
        };
    }

    /// <summary>Reads the notes of finished trials; damaged ones are skipped, and reported by <see cref="Read"/>.</summary>
    internal IEnumerable<TrialNote> Notes()
    {
        var trials = In("trials");
        return Directory.Exists(trials)
            ? Directory.EnumerateDirectories(trials).Select(d => System.IO.Path.Combine(d, TrialFile)).Where(File.Exists).Order(StringComparer.Ordinal).Select(f => IfSound(() => TrialNote.Read(f))).OfType<TrialNote>()
            : [];
    }

    /// <summary>Reads the start event of a finished trial; null if its log is missing or damaged, which <see cref="Read"/> reports.</summary>
    internal RunStarted? StartOf(string trial) => IfSound(() => RunReader.Run(In("trials", trial, RunReader.EventsFile)).Start);

    /// <summary>Creates a new folder to write a trial into before it is moved to its final place.</summary>
    internal string Workplace(Trial trial)
    {
        var path = In("work", $"{trial.Name}.{Guid.NewGuid():N}");
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Gets the folder of the checkpoints of a block in work.</summary>
    internal string CheckpointsOf(TrialBlock block) => In("work", $"{block.Name}.checkpoints");

    /// <summary>Moves a complete trial to its final place by one rename; if another process was faster, its result stays.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="workplace">The folder that holds its closed event log.</param>
    /// <param name="fork">The hash of the checkpoint from which it was forked, or null.</param>
    /// <param name="data">The data that it was trained on; null if unknown.</param>
    /// <param name="diverged">True if it failed because training diverged.</param>
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
        catch (IOException) when (SetAsideLeftover(trial) is not null)
        {
            Directory.Move(workplace, TrialPath(trial));
        }
    }

    /// <summary>Moves away what lies in the place of an unfinished trial: a folder without its <c>trial.json</c>, which was deleted or never copied.</summary>
    /// <returns>The new place; null if there is nothing.</returns>
    internal string? SetAsideLeftover(Trial trial)
    {
        // In this order: a finished trial appears whole, by one rename.
        var path = TrialPath(trial);
        return (Directory.Exists(path) || File.Exists(path)) && !IsDone(trial) ? MoveAside(trial) : null;
    }

    /// <summary>Removes a trial from the study, so that it is trained again: it was forked from a different checkpoint than its block, or its weights are needed again.</summary>
    internal void SetAside(Trial trial) => MoveAside(trial);

    /// <summary>Reads the hash of the checkpoint from which a finished trial was forked.</summary>
    internal string? ForkOf(Trial trial) => TrialNote.Read(TrialPath(trial, TrialFile)).Fork;

    /// <summary>Deletes incomplete files of a trial left by killed workers, and sets aside what lies in its place; only for the holder of its claim.</summary>
    internal void ClearWork(Trial trial)
    {
        SetAsideLeftover(trial);
        foreach (var left in Directory.EnumerateDirectories(In("work"), trial.Name + ".*"))
        {
            if (System.IO.Path.GetFileName(left).Length == trial.Name.Length + 33)
            {
                Directory.Delete(left, recursive: true);
            }
        }
    }

    internal string WeightsOf(Trial trial) => TrialPath(trial, WeightsFile);

    /// <summary>Gets the file of a trial's weights at the end of a phase after which the test split is read, and creates its folder.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="steps">The number of steps done at the end of the phase.</param>
    internal string PhaseWeights(Trial trial, long steps) => WeightsAt("trials", trial.Name, steps);

    /// <summary>Gets the file of the weights at the end of a phase that all trials of a block share, and creates its folder.</summary>
    /// <param name="block">The block.</param>
    /// <param name="steps">The number of steps done at the end of the phase.</param>
    internal string SharedWeights(TrialBlock block, long steps) => WeightsAt("blocks", block.Name, steps);

    /// <summary>Deletes the weights at the ends of phases, once the test split was read.</summary>
    internal void ClearPhaseWeights()
    {
        if (Directory.Exists(In("weights")))
        {
            Directory.Delete(In("weights"), recursive: true);
        }
    }

    internal static string WeightsIn(string workplace) => System.IO.Path.Combine(workplace, WeightsFile);

    internal bool HasTest(Trial trial) => File.Exists(TrialPath(trial, TestFile));

    internal void WriteTest(Trial trial, IEnumerable<Evaluated> tests) => AtomicFile.WriteText(TrialPath(trial, TestFile), string.Concat(tests.Select(t => EventLog.ToLine(t) + "\n")));

    private string WeightsAt(string kind, string name, long steps)
    {
        Directory.CreateDirectory(In("weights", kind, name));
        return In("weights", kind, name, FormattableString.Invariant($"{steps}.safetensors"));
    }

    private static T? IfSound<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is DsdException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string HashOf(string file)
    {
        using var stream = InputFile.Open(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private string MoveAside(Trial trial)
    {
        Directory.CreateDirectory(In("set-aside"));
        var target = In("set-aside", $"{trial.Name}.{Guid.NewGuid():N}");
        Directory.Move(TrialPath(trial), target);
        return target;
    }

    private DsdException Damaged(Trial trial, string how) =>
        new($"{TrialPath(trial)}: {how}. Delete this folder to have the trial trained again.");

    private string TrialPath(Trial trial, string? file = null) => file is null ? In("trials", trial.Name) : In("trials", trial.Name, file);
}
