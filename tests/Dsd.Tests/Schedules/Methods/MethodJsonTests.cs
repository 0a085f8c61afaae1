using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Tests.Schedules;

/// <summary>Methods by their names, in JSON and by values.</summary>
public class MethodJsonTests
{
    private static readonly Duration s_length = Duration.Epochs(12);
    private static readonly LearningRate s_rate = LearningRate.Cosine(0.02);

    /// <summary>The C# function of each method, called with its defaults.</summary>
    private static readonly Dictionary<string, Func<Schedule>> s_defaults = new()
    {
        ["ac-dc"] = () => Methods.AcDc(s_length, s_rate),
        ["dsd"] = () => Methods.Dsd(s_length, 0.02),
        ["dsdsd"] = () => Methods.Dsdsd(s_length, 0.02),
        ["gradual"] = () => Methods.Gradual(s_length, s_rate),
        ["lottery-ticket"] = () => Methods.LotteryTicket(s_length, s_rate),
        ["lr-rewinding"] = () => Methods.LearningRateRewinding(s_length, s_rate),
        ["movement"] = () => Methods.MovementPruning(s_length, s_rate),
        ["n-of-m"] = () => Methods.NOfM(s_length, s_rate),
        ["one-shot"] = () => Methods.OneShot(s_length, s_rate),
        ["random"] = () => Methods.StaticRandom(s_length, s_rate),
        ["rigl"] = () => Methods.Rigl(s_length, s_rate),
        ["same-rates"] = () => Methods.SameRates(s_length, 0.02),
        ["set"] = () => Methods.SparseEvolution(s_length, s_rate),
        ["snip"] = () => Methods.Snip(s_length, s_rate),
        ["sr-ste"] = () => Methods.SrSte(s_length, s_rate),
        ["surgery"] = () => Methods.NetworkSurgery(s_length, s_rate),
        ["top-kast"] = () => Methods.TopKast(s_length, s_rate),
    };

    public static TheoryData<string> Names => [.. Method.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Method_WithDefaults_IsTheCSharpFunctionAndItsJson(string name)
    {
        var expected = s_defaults[name]();
        var method = Method.Named(name);

        Assert.Equal(expected, method.Create(MethodValues.Values(name, null)));
        Assert.Equal(expected, Schedule.FromJson(MethodValues.Json(name, null)));
        Assert.Equal(expected, Schedule.FromJson(expected.ToJson()));

        // A default that is declared as text is the value that the function has.
        var declared = method.Parameters.Where(p => p.Default is not null).Select(p => $"\"{p.Name}\": {(p.Type.IsEnum ? $"\"{p.Default}\"" : p.Default)}");
        Assert.Equal(expected, Schedule.FromJson($"{MethodValues.Json(name, null).TrimEnd('}')}, {string.Join(", ", declared.DefaultIfEmpty("\"version\": 1"))} }}"));
    }

    [Fact]
    public void Method_WithAnyOtherValue_IsTheSameInCSharpAndJson() => Assert.All(MethodValues.All, of =>
    {
        var (name, parameter) = of;
        var created = Method.Named(name).Create(MethodValues.Values(name, parameter));

        Assert.Equal(created, Schedule.FromJson(MethodValues.Json(name, parameter)));
        Assert.NotEqual(s_defaults[name](), created);
    });

    [Fact]
    public void Method_WithOtherValues_IsTheCSharpFunction()
    {
        var layers = LayerScope.Default.Keep("fc2");
        Assert.Equal(
            Methods.Rigl(Duration.Steps(500), LearningRate.Constant(0.1), 0.95, Duration.Epochs(1), 0.5, 0.5, Annealing.Constant, SparsityDistribution.Uniform, layers),
            Schedule.FromJson("""{"version": 1, "method": "rigl", "duration": "500st", "rate": 0.1, "sparsity": 0.95, "interval": "1ep", "fraction": 0.5, "until": 0.5, "annealing": "constant", "distribution": "uniform", "layers": [{"keep": "fc2"}]}"""));
        Assert.Equal(
            Methods.OneShot(s_length, s_rate, 0.5, 0.25, MaskCriterion.Gradient, SparsityDistribution.Uniform, MaskPattern.Block(4, 4)),
            Schedule.FromJson("""{"method": "one-shot", "duration": "12ep", "rate": {"cosine": {"from": 0.02}}, "sparsity": 0.5, "dense": 0.25, "criterion": "gradient", "distribution": "uniform", "pattern": "4x4"}"""));
        Assert.Equal(Methods.NOfM(s_length, s_rate, 1, 8), Schedule.FromJson("""{"method": "n-of-m", "duration": "12ep", "rate": {"cosine": {"from": 0.02}}, "keep": 1, "of": 8}"""));
    }

    [Theory]
    [InlineData("2:4")]
    [InlineData("4x4")]
    [InlineData("filter")]
    [InlineData("channel")]
    [InlineData("element")]
    public void Pattern_InShort_IsThatOfTheMember(string text)
    {
        var expected = new Dictionary<string, MaskPattern>
        {
            ["2:4"] = MaskPattern.NOfM(2, 4),
            ["4x4"] = MaskPattern.Block(4, 4),
            ["filter"] = MaskPattern.Filter(),
            ["channel"] = MaskPattern.Channel(),
            ["element"] = MaskPattern.Element,
        };

        Assert.Equal(Methods.OneShot(s_length, s_rate, 0.5, pattern: expected[text]), Schedule.FromJson($$$"""{"method": "one-shot", "duration": "12ep", "rate": {"cosine": {"from": 0.02}}, "sparsity": 0.5, "pattern": "{{{text}}}"}"""));
    }

    public static TheoryData<string, string, string> BadDocuments => new()
    {
        { """{"method": "riggl"}""", "method", "there is no method 'riggl'. The nearest names are rigl" },
        { """{"method": "snfs"}""", "method", "the method 'snfs' is left out: sparse networks from scratch" },
        { """{"method": 3}""", "method", "expected a text, got 3" },
        { """{"method": "rigl"}""", "the document", "the method rigl needs 'duration' and 'rate'" },
        { """{"version": 2, "method": "rigl"}""", "version", "version 1 of the format, not 2" },
        { Rigl("\"phases\": []"), "the document", "unknown field 'phases'; allowed are 'version', 'method', 'duration'" },
        { Rigl("\"fractoin\": 0.2"), "the document", "nearest to 'fractoin' is 'fraction'" },
        { Rigl("\"sparsity\": \"0.9\""), "sparsity", "expected a number, got \"0.9\"" },
        { Rigl("\"sparsity\": 1"), "sparsity", "above 0 and below 1; got 1" },
        { Rigl("\"sparsity\": 0"), "sparsity", "above 0 and below 1; got 0" },
        { Rigl("\"fraction\": 1.5"), "fraction", "must be above 0 and below 1; got 1.5" },
        { Rigl("\"until\": 0"), "until", "above 0 and at most 1; got 0" },
        { Rigl("\"interval\": \"100\""), "interval", "'100' is not a duration" },
        { Rigl("\"interval\": 100"), "interval", "'100' is not a duration" },
        { Rigl("\"annealing\": \"slow\""), "annealing", "expected 'cosine', 'linear' or 'constant', got \"slow\"" },
        { Rigl("\"distribution\": \"erdos\""), "distribution", "expected 'uniform', 'global', 'erk' or 'er', got \"erdos\"" },
        { Of("one-shot", "\"pattern\": \"4:2\""), "pattern", "M must be above N" },
        { Of("one-shot", "\"pattern\": \"0x4\""), "pattern", "must be greater than or equal to '1'" },
        { Of("one-shot", "\"pattern\": \"blocks\""), "pattern", "expected N:M such as \"2:4\", blocks such as \"4x4\"" },
        { Of("one-shot", "\"pattern\": \"2:99999999999\""), "pattern", "is too large" },
        { Of("one-shot", "\"dense\": 1"), "dense", "The fraction 'dense' is at least 0 and below 1; got 1" },
        { Of("n-of-m", "\"keep\": 4, \"of\": 2"), "of", "M must be above N" },
        { Of("ac-dc", "\"cycle\": 0.07"), "cycle", "must fill the 0.75" },
        { Of("ac-dc", "\"cycle\": 1e-300"), "cycle", "at most 1000" },
        { Of("lottery-ticket", "\"rounds\": 0"), "rounds", "at least 1 sparse round, and at most 1000; got 0" },
        { Of("lottery-ticket", "\"rounds\": 1e9"), "rounds", "expected a whole number" },
        { Of("lottery-ticket", "\"rounds\": 1000000000"), "rounds", "at most 1000" },
        { Of("top-kast", "\"backwardSparsity\": 1"), "backwardSparsity", "at least 0 and below 1; got 1" },
        { Of("top-kast", "\"decay\": -1"), "decay", "at least 0; got -1" },
        { Of("surgery", "\"deviations\": 0"), "deviations", "above 0; got 0" },
        { Of("surgery", "\"margin\": 1"), "margin", "at least 0 and below 1; got 1" },
        { Of("gradual", "\"dense\": 0.8"), "until", "above that of the dense phase" },
        { """{"method": "ac-dc", "duration": "3st", "rate": 0.1}""", "duration", "less than one step. Use a longer duration; got \"3st\"" },
        { """{"method": "dsdsd", "duration": "12ep", "rate": 0.1, "secondSparsity": 1.5}""", "secondSparsity", "above 0 and below 1; got 1.5" },
        { """{"method": "dsd", "duration": "12ep", "rate": {"cosine": {"from": 0.02}}}""", "rate", "expected a number" },
    };

    [Theory]
    [MemberData(nameof(BadDocuments))]
    public void Read_ABadMethod_SaysWhereAndWhatIsAllowed(string json, string place, string problem)
    {
        var error = Assert.Throws<JsonFormatException>(() => Schedule.FromJson(json));

        // Where a value has its default, the document as a whole is the place.
        Assert.Contains(error.Path, json.Contains($"\"{place}\"", StringComparison.Ordinal) ? [place] : new[] { place, "the document" });
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Method_WithinRunConfigAndStudy_IsItsPhasesThere()
    {
        var rigl = Methods.Rigl(s_length, s_rate);
        var json = MethodValues.Json("rigl", null);

        var run = RunConfig.FromJson($$"""{"network": "lenet-5", "data": "fashion-mnist", "schedule": {{json}}, "arms": ["control", {"name": "rigl"}, {"name": "set", "schedule": {{MethodValues.Json("set", null)}}}]}""");
        Assert.Equal([Arm.Control(rigl), new Arm("rigl", rigl), new Arm("set", Methods.SparseEvolution(s_length, s_rate))], run.Arms);
        Assert.DoesNotContain("\"method\"", run.ToJson(), StringComparison.Ordinal);
        Assert.Equal(run, RunConfig.FromJson(run.ToJson()));

        var study = Study.FromJson($$"""{"name": "s", "setting": {"network": "lenet-5", "data": "fashion-mnist"}, "variants": [{"name": "a", "schedule": {{json}}}], "arms": [{"name": "set", "schedules": [{{MethodValues.Json("set", null)}}]}, "control"], "seeds": 2}""");
        Assert.Equal(rigl, study.Variants[0].Schedule);
        Assert.DoesNotContain("\"method\"", study.ToJson(), StringComparison.Ordinal);
        Assert.Equal(study, Study.FromJson(study.ToJson()));
    }

    [Fact]
    public void Set_OnAScheduleOfAMethod_ChangesItsArmAndItsControl()
    {
        var run = RunConfig.FromJson($$"""{"network": "lenet-5", "data": "fashion-mnist", "schedule": {{MethodValues.Json("rigl", null)}}, "arms": [{"name": "rigl"}, "control"]}""");

        var changed = run.Set("sparse.sparsity=0.5", "sparse.duration=6ep");

        var expected = new Schedule([run.Schedule.Phases[0].WithSparsity(SparsityCurve.Constant(0.5)).WithDuration(Duration.Epochs(6))]);
        Assert.Equal([new Arm("rigl", expected), Arm.Control(expected)], changed.Arms);
        Assert.Equal(changed.Arms, run.WithSchedule(expected).Arms);
    }

    private static string Rigl(string fields) => Of("rigl", fields);

    private static string Of(string method, string fields) => $$"""{"method": "{{method}}", "duration": "12ep", "rate": 0.1, {{fields}}}""";
}
