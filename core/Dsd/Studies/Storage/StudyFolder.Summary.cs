using System.Text.Json;
using Dsd.Records;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Studies;

/// <content>What a list of studies shows of a folder, without the records of its trials.</content>
internal sealed partial class StudyFolder
{
    /// <summary>Counts the finished trials.</summary>
    internal int CountDone()
    {
        var trials = In("trials");
        return Directory.Exists(trials) ? Directory.EnumerateDirectories(trials).Count(d => File.Exists(System.IO.Path.Combine(d, TrialFile))) : 0;
    }

    /// <summary>True if a worker holds a claim, without waiting: one of another machine by the age of its last heartbeat.</summary>
    internal bool IsAtWork() => Directory.Exists(Claims) && Claim.All(Claims).Any(c => Claim.IsHeld(c.Key, c.Value));

    /// <summary>The time of the judgement, or else that at which the study was begun or extended.</summary>
    internal DateTimeOffset LastChange() => File.GetLastWriteTime(IsJudged ? In(JudgementFile) : In(StudyFile));

    /// <summary>Reads the selected treatment of each arm of a judged study; null before the judgement.</summary>
    internal IReadOnlyList<(string Group, string Arm, string? Treatment)>? Selected()
    {
        if (!IsJudged || !File.Exists(In(SelectionFile)))
        {
            return null;
        }

        using var selection = JsonDocument.Parse(ReadText(In(SelectionFile)));
        return [.. selection.RootElement.GetProperty("selected").EnumerateArray().Select(s => (
            s.GetProperty("group").GetString() ?? "",
            s.GetProperty("arm").GetString() ?? "",
            s.GetProperty("treatment").GetString()))];
    }

    /// <summary>Reads the last measurement of a trial on test; null if there is none.</summary>
    internal Evaluated? LastTest(string treatment, long seed)
    {
        var file = In("trials", FormattableString.Invariant($"{treatment}-seed-{seed}"), TestFile);
        return File.Exists(file) ? EventLog.Read(file).OfType<Evaluated>().LastOrDefault() : null;
    }
}
