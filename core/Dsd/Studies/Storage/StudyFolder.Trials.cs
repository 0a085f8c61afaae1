using System.Security.Cryptography;
using Dsd.Records;
using Dsd.Runs;

namespace Dsd.Studies;

/// <content>The folders of trials.</content>
public sealed partial class StudyFolder
{
    private const string WeightsFile = "weights.safetensors";

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

    /// <summary>What finished trials say about themselves; damaged ones are passed over, which <see cref="Read"/> tells.</summary>
    internal IEnumerable<TrialNote> Notes()
    {
        var trials = In("trials");
        return Directory.Exists(trials)
            ? Directory.EnumerateDirectories(trials).Select(d => System.IO.Path.Combine(d, TrialFile)).Where(File.Exists).Order(StringComparer.Ordinal).Select(f => IfSound(() => TrialNote.Read(f))).OfType<TrialNote>()
            : [];
    }

    /// <summary>What a finished trial was given; null where its log is missing or damaged, which <see cref="Read"/> tells.</summary>
    internal RunStarted? StartOf(string trial) => IfSound(() => RunReader.Run(In("trials", trial, RunReader.EventsFile)).Start);

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
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private DsdException Damaged(Trial trial, string how) =>
        new($"{TrialPath(trial)}: {how}. Delete this folder to have the trial trained again.");

    private string TrialPath(Trial trial, string? file = null) => file is null ? In("trials", trial.Name) : In("trials", trial.Name, file);
}
