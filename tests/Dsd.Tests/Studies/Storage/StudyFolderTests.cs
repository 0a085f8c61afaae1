using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Tests.Studies;

/// <summary>What a judgement vouches for: forged, lost and added files of a study.</summary>
[Trait("Tier", "slow")]
public sealed class StudyFolderTests : IDisposable
{
    private static readonly Study s_study = ToyTrials.Study([StudyArm.Dsd, StudyArm.Control, StudyArm.Plain], [1, 2], variants: [new("only", ToyTrials.Schedule(0.5))]);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("changed", "dsd-seed-2/test.jsonl: changed since the study was judged")]
    [InlineData("removed", "dsd-seed-2/test.jsonl: removed since the study was judged")]
    [InlineData("added", "UNSELECTED/test.jsonl: added since the study was judged")]
    [InlineData("selection changed", "selection.json: changed since the study was judged")]
    [InlineData("selection removed", "selection.json: missing, though the study is judged")]
    [InlineData("record", "dsd-seed-2/trial.json: changed since the study was judged")]
    public void Read_WhatAJudgementRestsOnIsNoLongerTheSame_IsRefusedByName(string change, string problem)
    {
        Judged();
        var test = Test("dsd-seed-2");
        var selection = _folder["study", "selection.json"];
        switch (change)
        {
            case "changed":
                Forge(test);
                break;
            case "removed":
                File.Delete(test);
                break;
            case "added":
                var unselected = Unselected();
                File.Copy(test, Test(unselected));
                problem = problem.Replace("UNSELECTED", unselected, StringComparison.Ordinal);
                break;
            case "selection changed":
                File.AppendAllText(selection, "\n");
                break;
            case "selection removed":
                File.Delete(selection);
                break;
            default:
                // The event log with its hash in the note, as of the same training at another time.
                var note = _folder["study", "trials", "dsd-seed-2", "trial.json"];
                File.WriteAllText(note, File.ReadAllText(note).Replace("\"diverged\":false", "\"diverged\":null", StringComparison.Ordinal));
                break;
        }

        foreach (var read in new Action[] { () => StudyResults.Read(_folder["study"], new ToyTrials()), () => s_study.Run(_folder["study"], new ToyTrials()) })
        {
            var error = Assert.Throws<DsdException>(read).Message;
            Assert.Contains(problem.Replace('/', Path.DirectorySeparatorChar), error, StringComparison.Ordinal);
            Assert.Contains("estore it from a copy", error, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error);
        }
    }

    [Fact]
    public void Run_TheJudgementOfChangedMeasurementsIsDeleted_MeasuresAgain()
    {
        var before = Judged();
        Forge(Test("dsd-seed-2"));
        File.Delete(_folder["study", "judgement.json"]);

        var after = s_study.Run(_folder["study"], new ToyTrials());

        Assert.Equal(before.Arms, after.Arms);
        Assert.Equal(before.Contrasts, after.Contrasts);
    }

    [Fact]
    public void Run_AMeasurementPutThereBeforeTheJudgement_IsNotBelieved()
    {
        var before = Judged();
        var forged = Forged(Test("dsd-seed-2"));
        var calls = 0;
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => s_study.Run(
            _folder["again"],
            new ToyTrials { Measuring = (_, split) => Stop(split) },
            (_, _, _) => { },
            cancellation: stop.Token));

        var after = s_study.Run(_folder["again"], new ToyTrials());

        Assert.Equal(before.Arms, after.Arms);

        // The judge is killed at his second measurement.
        void Stop(DataSplit split)
        {
            if (split == DataSplit.Test && ++calls == 2)
            {
                File.WriteAllText(_folder["again", "trials", "dsd-seed-2", "test.jsonl"], forged);
                throw new OperationCanceledException();
            }
        }
    }

    [Theory]
    [InlineData("withdrawn")]
    [InlineData("extended")]
    public void Run_AMeasurementChangedAfterTheJudgementWasWithdrawn_IsRefusedByName(string how)
    {
        Judged();
        Forge(Test("dsd-seed-2"));
        if (how == "withdrawn")
        {
            Directory.Delete(_folder["study", "trials", "control-seed-1"], recursive: true);
        }

        var error = Assert.Throws<DsdException>(() => s_study.WithSeeds(how == "withdrawn" ? 2 : 3).Run(_folder["study"], new ToyTrials(), extend: true)).Message;

        Assert.Contains(Path.Combine("dsd-seed-2", "test.jsonl") + ": changed since the study was judged", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AJudgementWithdrawnAndMadeAgain_KeepsTheMeasurementsThatStay()
    {
        var before = Judged();
        var kept = File.ReadAllText(Test("dsd-seed-2"));
        var tests = 0;
        Directory.Delete(_folder["study", "trials", "control-seed-1"], recursive: true);

        var after = s_study.Run(_folder["study"], new ToyTrials { Measuring = (_, split) => tests += split == DataSplit.Test ? 1 : 0 });

        Assert.Equal(1, tests);
        Assert.Equal(kept, File.ReadAllText(Test("dsd-seed-2")));
        Assert.Equal(before.Arms, after.Arms);
        Assert.Empty(Directory.EnumerateFiles(_folder["study"], "judgement-withdrawn*"));
    }

    [Fact]
    public void Read_AStudyJudgedByAnEarlierVersion_IsReadAndSaysThatItCannotBeVerified()
    {
        var before = Judged();
        var judgement = _folder["study", "judgement.json"];
        File.WriteAllText(judgement, """{ "version": 1, "time": "2026-01-01T00:00:00+00:00", "seeds": 2, "split": "test", "testMeasurements": 6 }""");

        var after = StudyResults.Read(_folder["study"], new ToyTrials());

        Assert.Equal(before.Arms, after.Arms);
        Assert.Contains("cannot be detected", after.Describe(), StringComparison.Ordinal);
        Assert.DoesNotContain("cannot be detected", before.Describe(), StringComparison.Ordinal);
        var extended = s_study.WithSeeds(3).Run(_folder["study"], new ToyTrials(), extend: true);
        Assert.Equal(before.Arms[0].Values, extended.Arms[0].Values.Take(2));
        Assert.DoesNotContain("cannot be detected", extended.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AnEarlierJudgementWithoutAMeasurementOrItsSelection_IsRefusedByName()
    {
        Judged();
        File.WriteAllText(_folder["study", "judgement.json"], """{ "version": 1, "time": "2026-01-01T00:00:00+00:00", "seeds": 2, "split": "test", "testMeasurements": 6 }""");
        File.Delete(Test("dsd-seed-2"));
        Assert.Contains("missing for 1 of the selected trials of the study: dsd-seed-2", Assert.Throws<DsdException>(() => StudyResults.Read(_folder["study"], new ToyTrials())).Message, StringComparison.Ordinal);
        File.Delete(_folder["study", "selection.json"]);
        Assert.Contains("selection.json: missing", Assert.Throws<DsdException>(() => StudyResults.Read(_folder["study"], new ToyTrials())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromCsv_ARowOfATestMeasurementIsMissing_IsRefusedByName()
    {
        var results = Judged();
        var csv = string.Join('\n', results.ToCsv().Split('\n').Where(line => !line.Contains(",dsd,yes,2,completed,end,test,", StringComparison.Ordinal)));
        Assert.NotEqual(results.ToCsv(), csv);

        Assert.Contains("missing for 1 of the selected trials of the study: dsd-seed-2", Assert.Throws<DsdException>(() => StudyResults.FromCsv(results.Plan, csv)).Message, StringComparison.Ordinal);
        Assert.Equal(results.Arms, StudyResults.FromCsv(results.Plan, results.ToCsv()).Arms);
    }

    private StudyResults Judged() => s_study.Run(_folder["study"], new ToyTrials());

    private string Test(string trial) => _folder["study", "trials", trial, "test.jsonl"];

    private string Unselected() => Directory.EnumerateDirectories(_folder["study", "trials"]).Where(d => !File.Exists(Path.Combine(d, "test.jsonl"))).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal).First();

    private static void Forge(string test) => File.WriteAllText(test, Forged(test));

    private static string Forged(string test)
    {
        var text = File.ReadAllText(test);
        var forged = System.Text.RegularExpressions.Regex.Replace(text, "(\"accuracy\",\"value\":|\"accuracy\":)[0-9.]+", "${1}0.125");
        Assert.NotEqual(text, forged);
        return forged;
    }
}
