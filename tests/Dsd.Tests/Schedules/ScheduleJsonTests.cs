using System.Text.RegularExpressions;
using Dsd.Schedules;
using Dsd.Testing;
using FsCheck.Xunit;

namespace Dsd.Tests.Schedules;

[Properties(Arbitrary = [typeof(Generators)])]
public partial class ScheduleJsonTests
{
    // A good document in which one place is replaced.
    private const string Rest = """ "duration": "3ep", "rate": 0.1 """;

    public static TheoryData<string, string, string> BadDocuments => new()
    {
        // Not JSON at all, or not an object.
        { "", "the document", "it is empty" },
        { " \n ", "the document", "it is empty" },
        { "// nothing but a comment", "line 1", "not well-formed JSON" },
        { "{", "line 1", "not well-formed JSON (Expected depth to be zero at the end of the JSON payload" },
        { "{\n \"phases\": [ }", "line 2", "not well-formed JSON" },
        { "hello", "line 1", "'h' is an invalid start of a value" },
        { """{ "phases": [] } x""", "line 1", "'x' is invalid after a single JSON value" },
        { """{ "phases": NaN }""", "line 1", "'N' is an invalid start of a value" },
        { new string('[', 100), "line 1", "depth of 64 has been exceeded" },
        { "[1]", "the document", "expected an object with the fields 'version', 'phases' or 'method', got [1]" },
        { "null", "the document", "expected an object" },
        { """{ "\ud800": 1 }""", "the document", "half of a character" },

        // The top level.
        { "{}", "the document", "the field 'phases' is missing" },
        { """{ "phase": [] }""", "the document", "unknown field 'phase'; allowed are 'version', 'phases' or 'method'" },
        { """{ "phases": [], "phases": [] }""", "the document", "the field 'phases' is given more than once" },
        { """{ "phases": [] }""", "phases", "at least one phase; the list is empty" },
        { """{ "phases": {} }""", "phases", "expected a list, got {}" },
        { """{ "phases": null }""", "phases", "expected a list, got null" },
        { """{ "phases": [ 1 ] }""", "phases[0]", "expected an object with the fields 'name', 'duration'" },
        { """{ "version": 2, "phases": [] }""", "version", "this program reads version 1 of the format, not 2" },
        { """{ "version": "1", "phases": [] }""", "version", "expected a whole number, got \"1\"" },
        { """{ "version": 1.5, "phases": [] }""", "version", "expected a whole number, got 1.5" },
        { """{ "version": 1e30, "phases": [] }""", "version", "expected a whole number, got 1e30" },

        // Names, durations, missing fields.
        { Phases("""{ "name": "a", "rate": 0.1 }"""), "phases[0]", "the field 'duration' is missing" },
        { Phases("""{ "name": "a", "duration": "3ep" }"""), "phases[0]", "the field 'rate' is missing" },
        { Phases($$"""{ "name": "a", {{Rest}} }, { "name": "b", {{Rest}}, "sparsities": 0.3 }"""), "phases[1]", "unknown field 'sparsities'; allowed are 'name'" },
        { Phases($$"""{ "name": "a", "name": "b", {{Rest}} }"""), "phases[0]", "the field 'name' is given more than once" },
        { Phases($$"""{ "name": "a", "\u006eame": "b", {{Rest}} }"""), "phases[0]", "the field 'name' is given more than once" },
        { Phases($$"""{ "name": "", {{Rest}} }"""), "phases[0].name", "a name is not empty" },
        { Phases($$"""{ "name": 3, {{Rest}} }"""), "phases[0].name", "expected a text, got 3" },
        { Phases($$"""{ "name": "\ud800", {{Rest}} }"""), "phases[0].name", "half of a character" },
        { Phase("duration", "3"), "phases[0].duration", "expected a text, got 3" },
        { Phase("duration", "\"3\""), "phases[0].duration", "end it in 'ep' for epochs or 'st' for steps" },
        { Phase("duration", "\"0ep\""), "phases[0].duration", "more than 0 and at most 1000000ep" },
        { Phase("duration", "\"-3st\""), "phases[0].duration", "more than 0 and at most 1000000000000st" },
        { Phase("duration", "\"1.5st\""), "phases[0].duration", "a whole number must come before 'st'" },

        // Rates.
        { Phase("rate", "0"), "phases[0].rate", "A learning rate must be a finite number above 0; got 0" },
        { Phase("rate", "-1"), "phases[0].rate", "A learning rate must be a finite number above 0; got -1" },
        { Phase("rate", "\"0.1\""), "phases[0].rate", "expected a number, got \"0.1\"" },
        { Phase("rate", "1e999"), "phases[0].rate", "the number 1e999 is too large" },
        { Phase("rate", "[]"), "phases[0].rate", "expected a number, got []" },
        { Phase("rate", "{}"), "phases[0].rate", "expected exactly one of the fields 'constant', 'step', 'linear', 'cosine' or 'exponential', got 0" },
        { Phase("rate", """{ "cosin": {} }"""), "phases[0].rate", "unknown field 'cosin'" },
        { Phase("rate", """{ "cosine": { "from": 1 }, "linear": { "from": 1 } }"""), "phases[0].rate", "expected exactly one of the fields" },
        { Phase("rate", """{ "cosine": 0.1 }"""), "phases[0].rate.cosine", "expected an object with the fields 'from', 'to', 'warmUp' or 'part', got 0.1" },
        { Phase("rate", """{ "cosine": {} }"""), "phases[0].rate.cosine", "the field 'from' is missing" },
        { Phase("rate", """{ "cosine": { "from": 1, "warmup": 0.1 } }"""), "phases[0].rate.cosine", "unknown field 'warmup'" },
        { Phase("rate", """{ "cosine": { "from": 1, "to": -1 } }"""), "phases[0].rate.cosine.to", "must move towards a finite number, at least 0" },
        { Phase("rate", """{ "linear": { "from": 1, "warmUp": 1 } }"""), "phases[0].rate.linear.warmUp", "A warm-up is a fraction of its phase, at least 0 and below 1; got 1" },
        { Phase("rate", """{ "constant": { "rate": 0 } }"""), "phases[0].rate.constant.rate", "A learning rate must be a finite number above 0" },
        { Phase("rate", """{ "step": { "from": 1, "factor": 2, "milestones": [0.5] } }"""), "phases[0].rate.step.factor", "The factor of a stepped rate must be above 0 and below 1" },
        { Phase("rate", """{ "step": { "from": 1, "factor": 0.1, "milestones": [] } }"""), "phases[0].rate.step.milestones", "at least one milestone" },
        { Phase("rate", """{ "step": { "from": 1, "factor": 0.1, "milestones": [0.5, 0.5] } }"""), "phases[0].rate.step.milestones", "rise within (0, 1); 0.5 follows 0.5" },
        { Phase("rate", """{ "step": { "from": 1, "factor": 0.1, "milestones": [0.5, "x"] } }"""), "phases[0].rate.step.milestones[1]", "expected a number, got \"x\"" },
        { Phase("rate", """{ "step": { "from": 1, "factor": 0.1, "milestones": 0.5 } }"""), "phases[0].rate.step.milestones", "expected a list, got 0.5" },

        // Sparsities.
        { Phase("sparsity", "1"), "phases[0].sparsity", "A sparsity is a fraction, at least 0 and below 1; got 1" },
        { Phase("sparsity", "-0.1"), "phases[0].sparsity", "A sparsity is a fraction, at least 0 and below 1; got -0.1" },
        { Phase("sparsity", "30"), "phases[0].sparsity", "for 30 percent write 0.3; got 30" },
        { Phase("sparsity", "NaN"), "line 1", "'N' is an invalid start of a value" },
        { Phase("sparsity", "\"NaN\""), "phases[0].sparsity", "expected a number, got \"NaN\"" },
        { Phase("sparsity", "\"text\""), "phases[0].sparsity", "expected a number, got \"text\"" },
        { Phase("sparsity", "1e999"), "phases[0].sparsity", "the number 1e999 is too large" },
        { Phase("sparsity", "null"), "phases[0].sparsity", "expected a number, got null" },
        { Phase("sparsity", """{ "cubic": { "from": 0 } }"""), "phases[0].sparsity.cubic", "the field 'to' is missing" },
        { Phase("sparsity", """{ "cubic": { "from": 0, "to": 1 } }"""), "phases[0].sparsity.cubic", "A sparsity is a fraction" },
        { Phase("sparsity", """{ "quadratic": { "from": 0, "to": 1 } }"""), "phases[0].sparsity", "unknown field 'quadratic'; allowed are 'linear' or 'cubic'" },

        // Masks and leaving.
        { Phase("mask", "\"magnitude\""), "phases[0].mask", "expected an object with the fields 'criterion', 'spread', 'distribution', 'pattern', 'update' or 'within'" },
        { Phase("mask", """{ "kriterion": 1 }"""), "phases[0].mask", "unknown field 'kriterion'" },
        { Phase("mask", """{ "criterion": "size" }"""), "phases[0].mask.criterion", "expected 'magnitude', 'random', 'randomOfEqualNorm', 'weightTimesGradient', 'gradient' or 'movement', got \"size\"" },
        { Phase("mask", """{ "criterion": "\ud800" }"""), "phases[0].mask.criterion", "half of a character" },
        { Phase("mask", """{ "criterion": { "random": {} } }"""), "phases[0].mask.criterion.random", "the field 'seed' is missing" },
        { Phase("mask", """{ "criterion": { "random": { "seed": 1.5 } } }"""), "phases[0].mask.criterion.random.seed", "expected a whole number, got 1.5" },
        { Phase("mask", """{ "criterion": { "random": { "seed": 9223372036854775808 } } }"""), "phases[0].mask.criterion.random.seed", "expected a whole number" },
        { Phase("mask", """{ "criterion": { "randomOfEqualNorm": {} } }"""), "phases[0].mask.criterion.randomOfEqualNorm", "the field 'seed' is missing" },
        { Phase("mask", """{ "criterion": { "custom": { "name": "" } } }"""), "phases[0].mask.criterion.custom.name", "cannot be an empty string" },
        { Phase("mask", """{ "spread": "Global" }"""), "phases[0].mask.spread", "expected 'perLayer' or 'global', got \"Global\"" },
        { Phase("mask", """{ "distribution": "perLayer" }"""), "phases[0].mask.distribution", "expected 'uniform', 'global', 'erk' or 'er', got \"perLayer\"" },
        { Phase("mask", """{ "distribution": { "custom": { "name": "erk" } } }"""), "phases[0].mask.distribution.custom.name", "'erk' is built in" },
        { Phase("mask", """{ "spread": "global", "distribution": "erk" }"""), "phases[0].mask.distribution", "two names of one thing" },
        { Phase("mask", """{ "pattern": "2:4" }"""), "phases[0].mask.pattern", "expected 'element', got \"2:4\"" },
        { Phase("mask", """{ "pattern": { "nOfM": { "keep": 4, "of": 4 } } }"""), "phases[0].mask.pattern.nOfM.of", "got 4" },
        { Phase("mask", """{ "pattern": { "nOfM": { "keep": 4294967298, "of": 4 } } }"""), "phases[0].mask.pattern.nOfM.keep", "the number is too large" },
        { Phase("mask", """{ "update": { "set": { "everySteps": 5, "fraction": 1 } } }"""), "phases[0].mask.update.set.fraction", "above 0 and below 1; got 1" },
        { Phase("mask", """{ "update": { "everySteps": 5, "until": 0 } }"""), "phases[0].mask.update.until", "above 0 and at most 1; got 0" },
        { Phase("mask", """{ "update": { "everySteps": 5, "set": { "everySteps": 5, "fraction": 0.5 } } }"""), "phases[0].mask.update", "unknown field 'everySteps'" },
        { Phase("mask", """{ "update": "twice" }"""), "phases[0].mask.update", "expected 'once', got \"twice\"" },
        { Phase("mask", """{ "update": { "everySteps": 0 } }"""), "phases[0].mask.update.everySteps", "every 1 step or more" },
        { Phase("mask", """{ "update": { "every": 5 } }"""), "phases[0].mask.update.every", "expected a text, got 5" },
        { Phase("mask", """{ "update": { "everySteps": 5, "mayRegrow": 1 } }"""), "phases[0].mask.update.mayRegrow", "expected true or false, got 1" },
        { Phase("onLeaving", """{ "rebornWeights": "one" }"""), "phases[0].onLeaving.rebornWeights", "expected 'zero', 'restored' or 'redrawn', got \"one\"" },
        { Phase("onLeaving", """{ "rebornState": 0 }"""), "phases[0].onLeaving.rebornState", "expected 'zero', 'kept' or 'reset', got 0" },
        { Phase("onLeaving", """{ "weights": "zero" }"""), "phases[0].onLeaving", "unknown field 'weights'" },
        { Phase("rewind", """{ "to": "start", "only": [] }"""), "phases[0].rewind", "unknown field 'only'; allowed are 'to', 'onlyKept' or 'layers'" },
        { Phase("rewind", """{ "to": "start", "layers": [] }"""), "phases[0].rewind.layers", "the list is empty" },
        { Phase("rewind", """{ "to": "start", "layers": "fc1" }"""), "phases[0].rewind.layers", "expected a list" },
        { Phase("rewind", """{ "to": "start", "layers": [ { "keep": "fc1" } ] }"""), "phases[0].rewind.layers[0]", "unknown field 'keep'" },

        // Layers.
        { Phase("layers", """{ "keep": "conv1" }"""), "phases[0].layers", "expected a list" },
        { Phase("layers", """[ "conv1" ]"""), "phases[0].layers[0]", "expected an object with the fields 'keep', 'prune', 'set' or 'sparsity'" },
        { Phase("layers", """[ { "keep": "a" }, { "drop": "b" } ]"""), "phases[0].layers[1]", "unknown field 'drop'" },
        { Phase("layers", """[ {} ]"""), "phases[0].layers[0]", "expected exactly one of the fields" },
        { Phase("layers", """[ { "keep": "a", "prune": "b" } ]"""), "phases[0].layers[0]", "expected exactly one of the fields" },
        { Phase("layers", """[ { "keep": "a", "sparsity": 0.5 } ]"""), "phases[0].layers[0]", "unknown field 'sparsity'" },
        { Phase("layers", """[ { "set": "a" } ]"""), "phases[0].layers[0]", "the field 'sparsity' is missing" },
        { Phase("layers", """[ { "set": "a", "sparsity": 1 } ]"""), "phases[0].layers[0].sparsity", "A sparsity is a fraction" },
        { Phase("layers", """[ { "keep": "" } ]"""), "phases[0].layers[0].keep", "a glob may not be empty" },
        { Phase("layers", """[ { "keep": 1 } ]"""), "phases[0].layers[0].keep", "expected a text, got 1" },
        { Phase("layers", """[ { "keep": { "kind": "dense" } } ]"""), "phases[0].layers[0].keep.kind", "expected 'linear', 'convolution'" },
        { Phase("layers", """[ { "keep": { "kind": "any" } } ]"""), "phases[0].layers[0].keep.kind", "got \"any\"" },
        { Phase("layers", """[ { "keep": { "first": "conv" } } ]"""), "phases[0].layers[0].keep.first", "or 'any', got \"conv\"" },
        { Phase("layers", """[ { "keep": { "second": "any" } } ]"""), "phases[0].layers[0].keep", "unknown field 'second'; allowed are 'kind', 'first' or 'last'" },
    };

    [Theory]
    [MemberData(nameof(BadDocuments))]
    public void Read_ABadDocument_SaysWhereAndWhatIsAllowed(string json, string place, string problem)
    {
        var error = Assert.Throws<JsonFormatException>(() => Schedule.FromJson(json));

        Assert.Equal(place, error.Path);
        Assert.StartsWith(place + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.DoesNotMatch(DotNetWords(), error.Message);
        Assert.True(error.Message.Length < 400, error.Message);
    }

    [Fact]
    public void Read_ABadDocumentInADecimalCommaCulture_SaysTheSame() =>
        Assert.Contains("rise within (0, 1); 0.5 follows 0.75", Cultures.In(Cultures.Comma, () => Assert.Throws<JsonFormatException>(
            () => Schedule.FromJson(Phase("rate", """{ "step": { "from": 1, "factor": 0.1, "milestones": [0.75, 0.5] } }""")))).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_ATextWithHalfACharacter_SaysSo() => Assert.Equal(
        "the document: a text holds half of a character (an unpaired surrogate)",
        Assert.Throws<JsonFormatException>(() => Schedule.FromJson($"\"{(char)0xD800}\"")).Message);

    [Fact]
    public void Read_AVeryLongWrongValue_IsShownCutOff()
    {
        var error = Assert.Throws<JsonFormatException>(() => Schedule.FromJson(Phase("rate", $"\"{new string('x', 5000)}\"")));
        Assert.EndsWith("xxx…", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_EveryField_GivesThatSchedule()
    {
        const string Json = """
            // Comments and trailing commas are allowed.
            { "phases": [ {
                "name": "p", "duration": "1.5ep",
                "rate": { "step": { "from": 0.1, "factor": 0.5, "milestones": [0.5, 0.75], "warmUp": 0.1 } },
                "sparsity": { "cubic": { "from": 0, "to": 0.9 } },
                "mask": { "criterion": { "random": { "seed": -7 } }, "spread": "global", "update": { "everySteps": 100 } },
                "layers": [ { "keep": "conv?" }, { "prune": { "kind": "recurrent" } }, { "set": { "first": "any" }, "sparsity": 0.5 }, { "keep": { "last": "linear" } }, ],
                "onLeaving": { "rebornWeights": "restored", "rebornState": "kept" },
            } ] }
            """;
        var expected = new Phase(
            "p",
            Duration.Epochs(1.5),
            LearningRate.Step(0.1, 0.5, 0.5, 0.75).WithWarmUp(0.1),
            SparsityCurve.Cubic(0, 0.9),
            new MaskRule(MaskCriterion.Random(-7), SparsityDistribution.Global, update: MaskUpdate.Every(100)),
            LayerScope.Default.Keep("conv?").Prune(LayerSelector.OfKind(LayerKind.Recurrent)).Set(LayerSelector.First(), 0.5).Keep(LayerSelector.Last(LayerKind.Linear)),
            RegrownWeights.Restored,
            RegrownState.Kept);

        Assert.Equal(new Schedule([expected]), Schedule.FromJson(Json));
    }

    [Theory]
    [InlineData("""{ "constant": { "rate": 0.1, "warmUp": 0.25 } }""", "0.1, warm-up 0.25")]
    [InlineData("""{ "linear": { "from": 0.1 } }""", "linear 0.1 → 0")]
    [InlineData("""{ "cosine": { "from": 0.1, "to": 0.01 } }""", "cosine 0.1 → 0.01")]
    [InlineData("""{ "exponential": { "from": 0.1, "to": 0.001 } }""", "exponential 0.1 → 0.001")]
    [InlineData("0.1", "0.1")]
    public void Read_ARate_GivesIt(string json, string rate) => Assert.Equal(rate, Schedule.FromJson(Phase("rate", json)).Phases[0].Rate.ToString());

    public static TheoryData<MaskRule, string> Rules => new()
    {
        { new(MaskCriterion.Random(1)), """{"criterion":{"random":{"seed":1}},"spread":"perLayer","update":"once"}""" },
        { new(MaskCriterion.RandomOfEqualNorm(-7)), """{"criterion":{"randomOfEqualNorm":{"seed":-7}},"spread":"perLayer","update":"once"}""" },
        { new(MaskCriterion.RandomOfEqualNorm()), """{"criterion":"randomOfEqualNorm","spread":"perLayer","update":"once"}""" },
        { new(distribution: SparsityDistribution.Global, update: MaskUpdate.Every(5, mayRegrow: true)), """{"criterion":"magnitude","spread":"global","update":{"everySteps":5,"mayRegrow":true}}""" },
        { new(MaskCriterion.WeightTimesGradient), """{"criterion":"weightTimesGradient","spread":"perLayer","update":"once"}""" },
        { new(distribution: SparsityDistribution.Erk), """{"criterion":"magnitude","distribution":"erk","update":"once"}""" },
        { new(pattern: MaskPattern.NOfM(2, 4)), """{"criterion":"magnitude","spread":"perLayer","pattern":{"nOfM":{"keep":2,"of":4,"axis":1}},"update":"once"}""" },
        { new(update: MaskUpdate.SparseEvolution(100)), """{"criterion":"magnitude","spread":"perLayer","update":{"set":{"everySteps":100,"fraction":0.3,"until":0.75}}}""" },
        { new(update: MaskUpdate.Every(9).WithUntil(0.5)), """{"criterion":"magnitude","spread":"perLayer","update":{"everySteps":9,"until":0.5}}""" },
        {
            new(MaskCriterion.Custom("a"), SparsityDistribution.Custom("b"), MaskPattern.Custom("c"), MaskUpdate.Custom("d", 7, 0.25).WithUntil(0.5)),
            """{"criterion":{"custom":{"name":"a"}},"distribution":{"custom":{"name":"b"}},"pattern":{"custom":{"name":"c"}},"update":{"custom":{"name":"d","everySteps":7,"fraction":0.25,"until":0.5}}}"""
        },
    };

    /// <summary>Identities of trials hang on what older versions wrote: the first two.</summary>
    [Theory]
    [MemberData(nameof(Rules))]
    public void WriteAndRead_AMaskRule_AreThisText(MaskRule rule, string json)
    {
        var schedule = Schedule.Start().Sparse(1, 0.1, 0.5).Masked(_ => rule).Build();
        Assert.Equal(json, System.Text.Json.Nodes.JsonNode.Parse(schedule.ToJson())!["phases"]![0]!["mask"]!.ToJsonString());
        Assert.Equal(rule, Schedule.FromJson(Phase("mask", json)).Phases[0].Mask);
    }

    public static TheoryData<Rewind, string> Rewinds => new()
    {
        { Rewind.ToStart, "\"start\"" },
        { Rewind.Redrawn, "\"redrawn\"" },
        { Rewind.ToEndOf("a"), """{"to":{"endOf":"a"}}""" },
        { Rewind.ToStart.WithOnlyKept(), """{"to":"start","onlyKept":true}""" },
        { Rewind.ToStart.WithLayers(LayerSelector.Named("fc*")), """{"to":"start","layers":["fc*"]}""" },
        {
            Rewind.ToEndOf("a").WithLayers(LayerSelector.OfKind(LayerKind.Norm), LayerSelector.First(), LayerSelector.Last(LayerKind.Linear)).WithOnlyKept(),
            """{"to":{"endOf":"a"},"onlyKept":true,"layers":[{"kind":"norm"},{"first":"any"},{"last":"linear"}]}"""
        },
    };

    [Theory]
    [MemberData(nameof(Rewinds))]
    public void WriteAndRead_ARewind_AreThisText(Rewind rewind, string json)
    {
        var schedule = new Schedule([new Phase("a", Duration.Epochs(1), LearningRate.Constant(0.1), rewind: rewind)]);
        Assert.Equal(json, System.Text.Json.Nodes.JsonNode.Parse(schedule.ToJson())!["phases"]![0]!["rewind"]!.ToJsonString());
        Assert.Equal(schedule, Schedule.FromJson(schedule.ToJson()));
    }

    /// <summary>Custom methods could once bear these names; what was written with them is still read, and written the same.</summary>
    [Fact]
    public void Read_CustomMethodsWithNamesThatBecameBuiltIn_AreRead()
    {
        foreach (var (criterion, distribution, pattern, update) in new[] { ("magnitude", "perLayer", "nOfM", "once"), ("random", "a", "b", "c"), ("randomOfEqualNorm", "a", "b", "c") })
        {
            var json = """{"criterion":{"custom":{"name":"1"}},"distribution":{"custom":{"name":"2"}},"pattern":{"custom":{"name":"3"}},"update":{"custom":{"name":"4","everySteps":7}}}"""
                .Replace("\"1\"", $"\"{criterion}\"", StringComparison.Ordinal)
                .Replace("\"2\"", $"\"{distribution}\"", StringComparison.Ordinal)
                .Replace("\"3\"", $"\"{pattern}\"", StringComparison.Ordinal)
                .Replace("\"4\"", $"\"{update}\"", StringComparison.Ordinal);
            var schedule = Schedule.FromJson(Phase("mask", json));
            Assert.Equal((criterion, distribution, pattern, update), (schedule.Phases[0].Mask.Criterion.Name, schedule.Phases[0].Mask.Distribution.Name, schedule.Phases[0].Mask.Pattern.Name, schedule.Phases[0].Mask.Update.Policy));
            Assert.Equal(schedule, Schedule.FromJson(schedule.ToJson()));
        }
    }

    [Theory]
    [InlineData("""{ "distribution": "uniform" }""")]
    [InlineData("""{ "spread": "perLayer", "pattern": "element" }""")]
    public void Read_ADefaultAxis_IsTheDefault(string json) => Assert.Equal(MaskRule.Default, Schedule.FromJson(Phase("mask", json)).Phases[0].Mask);

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("0.0")]
    public void Read_SparsityZero_IsTheDefault(string json) =>
        Assert.Equal(Schedule.FromJson(Phases($$"""{ "name": "a", {{Rest}} }""")), Schedule.FromJson(Phase("sparsity", json)));

    [Property(MaxTest = 500)]
    public bool Read_WhatWasWritten_GivesAnEqualSchedule(Schedule schedule) => Schedule.FromJson(schedule.ToJson()) == schedule;

    [Fact]
    public void Read_PhasesWithoutNames_AreCalledAfterTheirPlace() => Assert.Equal(
        Schedule.Start().Dense(6, 0.1).Sparse(3, 0.01, 0.5).Dense(3, 0.001).Build(),
        ScheduleJson.Read("""{ "phases": [ { "duration": "6ep", "rate": 0.1 }, { "duration": "3ep", "rate": 0.01, "sparsity": 0.5 }, { "duration": "3ep", "rate": 0.001 } ] }"""));

    [Property]
    public bool Write_InAnyCulture_IsTheSame(Schedule schedule) => Cultures.In(Cultures.Comma, schedule.ToJson) == Cultures.In("", schedule.ToJson);

    [Property]
    public bool Write_WhatWasRead_IsTheSameText(Schedule schedule) => Schedule.FromJson(schedule.ToJson()).ToJson() == schedule.ToJson();

    [Fact]
    public void Write_Defaults_AreLeftOut()
    {
        const string Expected = """
            {
              "version": 1,
              "phases": [
                {
                  "name": "dense",
                  "duration": "6ep",
                  "rate": {
                    "cosine": {
                      "from": 0.05,
                      "to": 0.005
                    }
                  }
                },
                {
                  "name": "sparse",
                  "duration": "3ep",
                  "rate": 0.005,
                  "sparsity": 0.3
                },
                {
                  "name": "redense",
                  "duration": "500st",
                  "rate": 0.0005
                }
              ]
            }
            """;
        var schedule = Schedule.Dsd(Duration.Epochs(6), Duration.Epochs(3), Duration.Steps(500), 0.3, 0.05);

        Assert.Equal(Expected, schedule.ToJson().ReplaceLineEndings("\n"));
    }

    private static string Phases(string phases) => $$"""{ "version": 1, "phases": [ {{phases}} ] }""";

    private static string Phase(string field, string value) => Phases("{ \"name\": \"a\""
        + (field == "duration" ? "" : ", \"duration\": \"3ep\"") + (field == "rate" ? "" : ", \"rate\": 0.1") + $", \"{field}\": {value} }}");

    [GeneratedRegex(@"Parameter '|Actual value|isFinalBlock|System\.|Exception|Int64|Double\b|Dsd\.Schedules|BytePosition|\.\.|\.;|\n")]
    private static partial Regex DotNetWords();
}
