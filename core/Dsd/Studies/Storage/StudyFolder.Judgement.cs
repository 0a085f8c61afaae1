using System.Globalization;
using System.Text.Json.Nodes;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Studies;

/// <content>The judgement, and the hashes by which it vouches for the selection and for measurements on test.</content>
/// <remarks>
/// A judgement that no longer holds, since a trial is trained again or seeds were added, is kept under another name: it still vouches for
/// the measurements of trials that stay as they were. One that no judgement vouches for, such as that of a judge who was killed, is never read.
/// </remarks>
internal sealed partial class StudyFolder
{
    private const string WithdrawnFile = "judgement-withdrawn.json";
    private const string KeptPattern = "judgement-*-seeds.json";
    private const string RestoreSelection = "Restore it from a copy; or delete " + JudgementFile + ", and 'dsd study run' trains and measures the selected trials again.";

    /// <summary>True if selections were made, and the test split was read if required.</summary>
    internal bool IsJudged => File.Exists(In(JudgementFile));

    /// <summary>True if any trial was measured on the test split.</summary>
    internal bool HasAnyTest => Directory.Exists(In("trials")) && Directory.EnumerateDirectories(In("trials")).Any(d => File.Exists(System.IO.Path.Combine(d, TestFile)));

    /// <summary>Writes the selection.</summary>
    internal void WriteSelection(JsonObject selection) => AtomicFile.WriteText(In(SelectionFile), selection.ToJsonString(Json.Indented) + "\n");

    /// <summary>Writes the judgement, with the hashes of the selection and of all finished trials.</summary>
    internal void WriteJudgement(StudyPlan plan, string time, string split, int testMeasurements)
    {
        var trials = plan.Trials.Where(IsDone).ToDictionary(t => t.Name, t => new JudgedTrial(HashOf(TrialPath(t, TrialFile)), HasTest(t) ? HashOf(TrialPath(t, TestFile)) : null));
        new JudgementNote(time, plan.Study.Seeds.Count, split, testMeasurements, HashOf(In(SelectionFile)), trials).Write(In(JudgementFile));
        File.Delete(In(WithdrawnFile));
    }

    /// <summary>Withdraws the judgement, since a trial was removed to be trained again; it still vouches for the measurements that stay.</summary>
    internal void WithdrawJudgement() => MoveJudgement(WithdrawnFile);

    /// <summary>Withdraws the judgement, since the study is extended; it is kept under another name, with the selection.</summary>
    /// <param name="seeds">The number of seeds of the judgement.</param>
    internal void KeepJudgementOf(int seeds)
    {
        if (!IsJudged)
        {
            return;
        }

        // One withdrawn before the judgement that stands says nothing more. The judgement moves first: without its selection it would be refused.
        File.Delete(In(WithdrawnFile));
        MoveJudgement(KeptName(JudgementFile, seeds));
        if (File.Exists(In(SelectionFile)))
        {
            File.Move(In(SelectionFile), In(KeptName(SelectionFile, seeds)), overwrite: true);
        }
    }

    /// <summary>Lists the files that were changed, added or removed since the study was judged, one sentence each; none if it is not judged.</summary>
    internal IReadOnlyList<string> JudgementProblems(StudyPlan plan)
    {
        if (ReadJudgement(In(JudgementFile)) is not { } judgement)
        {
            return [];
        }

        var problems = new List<string>();
        if (!File.Exists(In(SelectionFile)))
        {
            problems.Add($"{In(SelectionFile)}: missing, though the study is judged. {RestoreSelection}");
        }
        else if (judgement.Selection is { } selection && HashOf(In(SelectionFile)) != selection)
        {
            problems.Add($"{In(SelectionFile)}: changed since the study was judged. {RestoreSelection}");
        }

        if (judgement.Trials is { } trials)
        {
            problems.AddRange(plan.Trials.Where(IsDone).Select(t => Problem(t, trials.GetValueOrDefault(t.Name))).OfType<string>());
        }

        // Another process may have withdrawn it meanwhile, to train a trial again.
        return problems.Count > 0 && IsJudged ? problems : [];
    }

    /// <summary>True if the study's judgement is of an earlier version and kept no hashes, so that changes of its files cannot be detected.</summary>
    internal bool IsJudgedWithoutHashes => ReadJudgement(In(JudgementFile)) is { Trials: null };

    /// <summary>Separates the measurements on test that a withdrawn judgement vouches for from those to be made again.</summary>
    /// <returns>True if the trial's measurement stays; false if there is none, or none that can be trusted, which is then deleted.</returns>
    /// <exception cref="DsdException">A measurement was changed or is missing.</exception>
    internal bool KeepsTest(Trial trial)
    {
        if (LastJudgement() is { } judgement)
        {
            if (judgement.Trials is null)
            {
                // An earlier version kept no hashes; its measurements are taken as they are.
                return HasTest(trial);
            }

            // If its note is another, it was trained again since.
            if (judgement.Trials.GetValueOrDefault(trial.Name) is { Test: not null } judged && judged.Trial == HashOf(TrialPath(trial, TrialFile)))
            {
                return Problem(trial, judged) is { } problem ? throw new DsdException(problem) : true;
            }
        }

        // Left by a judge who was killed before the judgement, or put there by somebody: the weights are measured again.
        File.Delete(TrialPath(trial, TestFile));
        return false;
    }

    private string? Problem(Trial trial, JudgedTrial? judged)
    {
        string Changed(string file, string how) => $"{TrialPath(trial, file)}: {how} since the study was judged. Restore it from a copy, or delete the folder {TrialPath(trial)} to have the trial trained and measured again.";
        return judged is null ? Changed(TrialFile, "added")
            : HashOf(TrialPath(trial, TrialFile)) != judged.Trial ? Changed(TrialFile, "changed")
            : (HasTest(trial), judged.Test) switch
            {
                (true, null) => Changed(TestFile, "added"),
                (false, { }) => Changed(TestFile, "removed"),
                (true, { } hash) when HashOf(TrialPath(trial, TestFile)) != hash => Changed(TestFile, "changed"),
                _ => null,
            };
    }

    /// <summary>Reads the latest judgement, which may have been withdrawn or be of fewer seeds; null if there was none.</summary>
    private JudgementNote? LastJudgement() =>
        ReadJudgement(In(JudgementFile)) ?? ReadJudgement(In(WithdrawnFile)) ?? Directory.EnumerateFiles(Path, KeptPattern)
            .Select(f => (File: f, Seeds: System.IO.Path.GetFileName(f).Split('-')[1]))
            .Where(f => int.TryParse(f.Seeds, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .OrderByDescending(f => int.Parse(f.Seeds, CultureInfo.InvariantCulture))
            .Select(f => ReadJudgement(f.File))
            .FirstOrDefault();

    private static string KeptName(string file, int seeds) => FormattableString.Invariant($"{System.IO.Path.GetFileNameWithoutExtension(file)}-{seeds}-seeds.json");

    private static JudgementNote? ReadJudgement(string path)
    {
        try
        {
            return JudgementNote.Read(path);
        }
        catch (FileNotFoundException)
        {
            // There is none, or another process withdrew it at this moment.
            return null;
        }
    }

    private void MoveJudgement(string name)
    {
        try
        {
            File.Move(In(JudgementFile), In(name), overwrite: true);
        }
        catch (FileNotFoundException)
        {
            // There is none, or another worker was faster.
        }
    }
}
