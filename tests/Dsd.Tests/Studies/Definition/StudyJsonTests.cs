using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;
using Dsd.Testing;
using FsCheck.Xunit;

namespace Dsd.Tests.Studies;

/// <summary>Studies as files.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public class StudyJsonTests
{
    private const string Phases = """{"phases": [{"duration": "2ep", "rate": 0.1}, {"duration": "1ep", "rate": 0.01, "sparsity": 0.5}, {"duration": "1ep", "rate": 0.001}]}""";

    private static string With(string fields) =>
        $$"""{"name": "x", "setting": {"network": "lenet-5", "data": "fashion-mnist"}, "schedule": {{Phases}}, "seeds": 4 {{(fields.Length > 0 ? "," + fields : "")}}}""";

    [Property]
    public void Read_OfWhatWriteGives_IsEqual(Schedule a, Schedule b, FsCheck.PositiveInt seeds, FsCheck.PositiveInt batch, bool augment)
    {
        var study = new Study(
            "round-trip",
            new TrainingConfig("n", "d", batch.Get, augment ? null : 5, augment, OptimizerSettings.Sgd(0.5, 0.1, nesterov: true), augment ? 0.5 : null),
            [new("a", a), new("b", b, new TrainingConfig("other", "d", optimizer: OptimizerSettings.AdamW()))],
            [.. StudyArm.ReadyMade, StudyArm.Own("mine", a), StudyArm.Own("both", a, b)],
            Enumerable.Range(0, Math.Min(seeds.Get, 50)).Select(i => (long)i * i * (i % 2 == 0 ? -1 : 1)),
            augment ? Judgement.EveryVariant : Judgement.Validation,
            "why?",
            3,
            augment ? "cuda:1" : null)
            .WithGates(augment ? new StudyGates(true, false, 0.5) : StudyGates.None)
            .WithRates(augment ? null : new RateGrid([1, 0.5], chosenByControl: batch.Get % 2 == 0))
            .WithTestAfter(augment ? ["sparse"] : [])
            .WithEvaluateEvery(batch.Get)
            .WithEvaluateTrain(augment);

        Assert.Equal(study, Study.FromJson(study.ToJson()));
    }

    [Fact]
    public void Read_WhatIsMeasuredAndRequired_IsAsWritten()
    {
        var study = Study.FromJson(With(""" "arms": ["dsd", "control", {"arm": "plain", "choices": [1, 2]}, {"arm": "early-stopping", "choices": [0.5, 1]}, {"arm": "rewound-layers", "layers": [{"first": "any"}, "fc*"]}], "gates": {"converged": true, "train": 0.95}, "rates": {"factors": [1, 3]}, "testAfter": ["sparse"], "evaluateEvery": 5 """));

        Assert.Equal(new StudyGates(converged: true, train: 0.95), study.Gates);
        Assert.Equal(new RateGrid([1, 3]), study.Rates);
        Assert.Equal(["sparse"], study.TestAfter);
        Assert.Equal((5, true), (study.EvaluateEvery, study.MeasuresTrain));
        Assert.Equal([StudyArm.Dsd, StudyArm.Control, StudyArm.Plain.WithChoices(1, 2), StudyArm.EarlyStopping.WithChoices(0.5, 1), StudyArm.RewoundLayers.WithLayers(LayerSelector.First(), LayerSelector.Named("fc*"))], study.Arms);
        Assert.Equal(study, Study.FromJson(study.ToJson()));
        Assert.DoesNotContain("gates", Study.FromJson(With("")).ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""" "gates": {"converge": true} """, "gates")]
    [InlineData(""" "rates": {"factors": []} """, "rates")]
    [InlineData(""" "rates": {"factors": [1], "chosenBy": "dsd"} """, "chosenBy")]
    [InlineData(""" "testAfter": ["sparse", "sparse"] """, "testAfter")]
    [InlineData(""" "testAfter": ["sparse"], "judge": "validation" """, "testAfter")]
    [InlineData(""" "evaluateEvery": 0 """, "evaluateEvery")]
    [InlineData(""" "arms": [{"arm": "dsd", "choices": [1]}] """, "choices")]
    [InlineData(""" "arms": [{"arm": "early-stopping", "choices": [2]}] """, "choices")]
    public void Read_WhatCannotBeMeasuredOrRequired_SaysWhere(string field, string where) =>
        Assert.Contains(where, Assert.Throws<JsonFormatException>(() => Study.FromJson(With(field))).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_AShortStudy_HasDefaults()
    {
        var study = Study.FromJson(With(""));

        Assert.Equal(["dsd", "control"], study.Arms.Select(a => a.Name));
        Assert.Equal([1, 2, 3, 4], study.Seeds);
        Assert.Equal(Judgement.Selected, study.Judgement);
        Assert.Equal(1, study.Threads);
        Assert.Equal(new TrainingConfig("lenet-5", "fashion-mnist"), study.Config);
        Assert.Equal("schedule", Assert.Single(study.Variants).Name);
    }

    [Fact]
    public void Read_AGrid_HasEveryCombination()
    {
        var study = Study.FromJson(With(""" "grid": {"sparsity": [0.3, 0.5], "network": ["lenet-5", "resnet-20"], "lastRateFactor": [1, 10], "rebornState": ["kept"], "augment": [true]} """));

        Assert.Equal(8, study.Variants.Count);
        Assert.Equal("sparsity 0.3, network lenet-5, last rate × 1, reborn state kept, augment true", study.Variants[0].Name);
        var last = study.Variants[^1];
        Assert.Equal((0.5, 0.01, RegrownState.Kept), (last.Schedule.Phases[1].Sparsity.To.Value, last.Schedule.Phases[2].Rate.From, last.Schedule.Phases[1].RegrownState));
        Assert.Equal(("resnet-20", true), (last.Config!.Network, last.Config.Augment));
    }

    [Fact]
    public void Read_AGridOverNoiseAndExamples_HasTheConfigOfEach()
    {
        var study = Study.FromJson(With(""" "grid": {"labelNoise": [0, 0.2], "trainLimit": [1000, 5000]} """).Replace("\"data\": \"fashion-mnist\"", "\"data\": \"fashion-mnist\", \"labelNoise\": {\"fraction\": 0.1, \"seed\": 7}, \"redraw\": \"train\"", StringComparison.Ordinal));

        Assert.Equal(["label noise 0, examples 1000", "label noise 0, examples 5000", "label noise 0.2, examples 1000", "label noise 0.2, examples 5000"], study.Variants.Select(v => v.Name));
        Assert.Equal([(null, 1000), (null, 5000), (new LabelNoise(0.2, 7), 1000), (new(0.2, 7), 5000)], study.Variants.Select(v => (v.Config!.LabelNoise, v.Config.TrainLimit!.Value)));
        Assert.All(study.Variants, v => Assert.Equal(Redraw.Train, v.Config!.Redraw));
        Assert.Equal(study, Study.FromJson(study.ToJson()));
    }

    [Fact]
    public void Read_OfAVariantWithDefaultsThatTheStudyLacks_IsEqual()
    {
        var config = new TrainingConfig("n", "d", trainLimit: 5, gradientClip: 1, augment: true, width: 0.5, imageSize: 9, labelNoise: new(0.1), redraw: Redraw.Train);
        var study = new Study("x", config, [new("plain", Schedule.FromJson(Phases), new TrainingConfig("n", "d"))], [StudyArm.Dsd], [1]);

        Assert.Equal(study, Study.FromJson(study.ToJson()));
    }

    [Fact]
    public void Read_AVariantsSetting_GivesOnlyWhatDiffers()
    {
        var study = Study.FromJson("""{"name": "x", "setting": {"network": "n", "data": "d", "batch": 32, "trainLimit": 100}, "seeds": [5], "variants": [{"name": "v", "schedule": PHASES, "setting": {"augment": true, "trainLimit": null}}]}""".Replace("PHASES", Phases, StringComparison.Ordinal));

        Assert.Equal(new TrainingConfig("n", "d", 32, null, true), study.Variants[0].Config);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("[]", "expected an object")]
    [InlineData("{", "not well-formed JSON")]
    [InlineData("{\"name\": \"x\", \"sedes\": 4}", "unknown field 'sedes'")]
    public void Read_NoStudy_IsRefused(string json, string problem) =>
        Assert.Contains(problem, Assert.Throws<JsonFormatException>(() => Study.FromJson(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\"arms\": [\"dsd\", \"dsd\"]", "Each arm of a study must be unique; 'dsd' occurs more than once")]
    [InlineData("\"arms\": []", "at least one arm")]
    [InlineData("\"arms\": [\"dds\"]", "arms[0]: expected 'dsd', 'control'")]
    [InlineData("\"arms\": [{\"name\": \"control\", \"schedules\": [" + Phases + "]}]", "is a ready-made arm")]
    [InlineData("\"arms\": [{\"name\": \"a b\", \"schedules\": [" + Phases + "]}]", "cannot name an arm")]
    [InlineData("\"judge\": \"test\"", "judge: expected 'selected', 'everyVariant' or 'validation'")]
    [InlineData("\"threads\": 0", "1 to 1024 threads")]
    [InlineData("\"device\": \"gpu\"", "'gpu' is no device of a study; allowed are cpu, cuda and cuda:N")]
    [InlineData("\"device\": \"auto\"", "'auto' is no device of a study")]
    [InlineData("\"grid\": {\"sparsity\": []}", "grid.sparsity: an axis needs at least one value")]
    [InlineData("\"grid\": {\"sparsity\": [1]}", "grid.sparsity[0]")]
    [InlineData("\"grid\": {\"sparsity\": [0.3, 0.3]}", "Each variant of a study must be unique")]
    [InlineData("\"grid\": {\"labelNoise\": [0.1, 2]}", "grid.labelNoise[1]: The fraction of wrong labels is a number above 0 and at most 1")]
    [InlineData("\"grid\": {\"trainLimit\": [0]}", "grid.trainLimit[0]")]
    [InlineData("\"grid\": {\"depth\": [1]}", "unknown field 'depth'")]
    [InlineData("\"variants\": []", "leave one of them out")]
    [InlineData("\"version\": 2", "this program reads version 1")]
    public void Read_AFieldThatCannotBe_IsRefusedWithItsPlace(string field, string problem) =>
        Assert.Contains(problem, Assert.Throws<JsonFormatException>(() => Study.FromJson(With(field))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0", "1 to 10000 seeds")]
    [InlineData("-3", "1 to 10000 seeds")]
    [InlineData("[]", "at least one seed")]
    [InlineData("[1, 2, 1]", "Each seed of a study must be unique; '1' occurs more than once")]
    [InlineData("\"many\"", "expected a whole number")]
    public void Read_SeedsThatCannotBe_AreRefused(string seeds, string problem) => Assert.Contains(
        problem,
        Assert.Throws<JsonFormatException>(() => Study.FromJson(With("").Replace("\"seeds\": 4", $"\"seeds\": {seeds}", StringComparison.Ordinal))).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("\"batch\": 0", "at least 1 example")]
    [InlineData("\"trainLimit\": 0", "at least 1 example")]
    [InlineData("\"optimizer\": \"lion\"", "setting.optimizer: expected 'sgd', 'adam', 'adamw' or 'rmsprop'")]
    [InlineData("\"optimizer\": {\"kind\": \"adam\", \"momentum\": 0.9}", "no such momentum")]
    [InlineData("\"gradientClip\": -1", "above 0")]
    [InlineData("\"augment\": 1", "expected true or false")]
    [InlineData("\"width\": 0", "the network as published")]
    [InlineData("\"imageSize\": 0", "at least 1 row and column")]
    [InlineData("\"labelNoise\": 1.5", "above 0 and at most 1")]
    [InlineData("\"labelNoise\": {\"seed\": 1}", "fraction")]
    [InlineData("\"redraw\": \"test\"", "setting.redraw: expected 'none', 'train' or 'splits'")]
    public void Read_ASettingThatCannotBe_IsRefused(string field, string problem) => Assert.Contains(
        problem,
        Assert.Throws<JsonFormatException>(() => Study.FromJson(With("").Replace("\"data\": \"fashion-mnist\"", $"\"data\": \"fashion-mnist\", {field}", StringComparison.Ordinal))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Write_AVariantWithTheDefaultsOfWhatTheStudyChanges_SaysSo()
    {
        var changed = new TrainingConfig("n", "d", trainLimit: 5, width: 0.5, imageSize: 32, labelNoise: new(0.1, 3), redraw: Redraw.Train);
        var schedule = Schedule.Dsd(Duration.Epochs(1), Duration.Epochs(1), Duration.Epochs(1), 0.5, 0.1);
        var study = new Study("x", changed, [new("as it is", schedule, new("n", "d", 8)), new("changed", schedule)], [StudyArm.Dsd], [1]);

        Assert.Equal(study, Study.FromJson(study.ToJson()));
    }

    [Theory]
    [InlineData("0.2", null)]
    [InlineData("{\"fraction\": 0.2}", null)]
    [InlineData("{\"fraction\": 0.2, \"seed\": -3}", -3L)]
    public void Read_LabelNoise_IsAFractionOrAnObject(string noise, long? seed)
    {
        var study = Study.FromJson(With("").Replace("\"data\": \"fashion-mnist\"", $"\"data\": \"fashion-mnist\", \"labelNoise\": {noise}, \"redraw\": \"splits\"", StringComparison.Ordinal));

        Assert.Equal((new LabelNoise(0.2, seed), Redraw.Splits), (study.Config.LabelNoise, study.Config.Redraw));
        Assert.Equal(study, Study.FromJson(study.ToJson()));
    }

    [Fact]
    public void Write_WidthAndImageSize_AreThereOnlyWhereTheySaySomething()
    {
        var plain = Study.FromJson(With(""));
        Assert.DoesNotContain("labelNoise", plain.ToJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("redraw", plain.ToJson(), StringComparison.Ordinal);
        var small = Study.FromJson(With("").Replace("\"data\": \"fashion-mnist\"", "\"data\": \"fashion-mnist\", \"width\": 0.5, \"imageSize\": 32", StringComparison.Ordinal));

        Assert.DoesNotContain("width", plain.ToJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("imageSize", plain.ToJson(), StringComparison.Ordinal);
        Assert.Equal((0.5, 32), (small.Variants[0].Config?.Width ?? small.Config.Width, small.Config.ImageSize));
        Assert.Equal(small, Study.FromJson(small.ToJson()));
    }
}
