using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Models.Tests;

public class PaperPresetTests
{
    /// <summary>Networks with a preset at both scales.</summary>
    public static TheoryData<string> Names() => [.. ModelCatalog.All.Where(e => e.Paper is not null).Select(e => e.Name)];

    [Theory]
    [InlineData("googlenet", "60ep 0.01 | 11ep 0.001 at 0.3 | 22ep 0.0001", "31.14 30.58 30.02 10.96 10.58 10.34")]
    [InlineData("vgg16", "74ep 0.01 | 1.25ep 0.0001 at 0.3 | 18ep 1E-05", "31.5 28.19 27.19 11.32 9.23 8.67")]
    [InlineData("vgg16-bn", "74ep 0.01 | 1.25ep 0.0001 at 0.3 | 18ep 1E-05", "")]
    [InlineData("resnet-18", "90ep 0.1 | 45ep 0.01 at 0.3 | 45ep 0.001", "30.43 30.15 29.17 10.76 10.56 10.13")]
    [InlineData("resnet-50", "90ep 0.1 | 45ep 0.01 at 0.3 | 45ep 0.001", "24.01 23.55 22.89 7.02 6.88 6.47")]
    [InlineData("neural-talk", "19ep 0.01 | 10ep 0.001 at 0.8 | 6ep 0.0001", "57.2 58.4 59.2 38.6 39.7 40.7 25.4 26.3 27.4 16.8 17.5 18.5")]
    [InlineData("deep-speech", "50ep 0.0008 | 50ep 0.0005 at 0.5 | 50ep 0.0003 | 50ep 0.0001 at 0.25 | 50ep 3E-05", "29.82 27.9 27.9 27.45 27.45 28.03 34.57 32.99 32.2 32.99 31.59 33.55")]
    [InlineData("deep-speech-2", "20ep 0.0003 | 20ep 0.0003 at 0.5 | 20ep 3E-05 | 20ep 3E-05 at 0.25 | 20ep 6E-06", "11.83 10.65 9.11 8.94 9.02 9.55 17.42 14.84 13.96 14.02 13.44 14.52")]
    [InlineData("alexnet", "90ep 0.01 | 20ep 0.001 at 0.6667 | 20ep 0.0001", "42.78 41.48 19.73 18.71")]
    [InlineData("squeezenet", "90ep 0.01 | 20ep 0.001 at 0.6667 | 20ep 0.0001", "42.56 38.24 19.52 16.53")]
    public void Schedule_OfEachNetwork_IsThePapers(string name, string phases, string figures)
    {
        var paper = ModelCatalog.Get(name).Paper!;

        Assert.Equal(phases, string.Join(" | ", paper.Schedule.Phases.Select(p => FormattableString.Invariant(
            $"{p.Duration} {p.Rate.From:R}{(p.IsDense ? "" : FormattableString.Invariant($" at {p.Sparsity.To.Value:0.####}"))}"))));
        Assert.Equal(figures, string.Join(' ', paper.Figures.Select(f => FormattableString.Invariant($"{f.Value}"))));
        Assert.Contains("Han et al.", paper.Source.Replace("The authors' model page", "Han et al.", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Schedule_AtBothScales_HasTheSamePhasesInProportion(string name)
    {
        var paper = ModelCatalog.Get(name).Paper!;
        var (full, small) = (paper.Schedule, paper.SmallSchedule);
        var length = full.Phases.Sum(p => p.Duration.Amount);

        Assert.Equal((decimal)paper.SmallEpochs, small.Phases.Sum(p => (decimal)p.Duration.Amount));
        Assert.All(full.Phases.Zip(small.Phases), p =>
        {
            Assert.Equal((p.First.Name, p.First.Sparsity, p.First.Layers), (p.Second.Name, p.Second.Sparsity, p.Second.Layers));
            Assert.Equal(p.First.Rate.From * paper.SmallRateFactor, p.Second.Rate.From, 12);
            Assert.Equal(p.First.Duration.Amount / length, p.Second.Duration.Amount / paper.SmallEpochs, 1);
        });
        Assert.NotEqual("adamw", paper.Config.Optimizer.Name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rate_OfEveryPhaseAtBothScales_FallsFromItsOwnStartToAHundredth(string name)
    {
        var paper = ModelCatalog.Get(name).Paper!;
        foreach (var schedule in new[] { paper.Schedule, paper.SmallSchedule, paper.Schedule.AsDenseControl(), paper.SmallSchedule.AsDenseControl() })
        {
            Assert.All(schedule.Phases, p =>
            {
                var rates = Enumerable.Range(0, 1000).Select(step => p.Rate.At(step, 1000)).ToList();
                Assert.Equal(p.Rate.From, rates[0]);
                Assert.InRange(rates[^1] / rates[0], 0.01 * (1 - 1e-9), 0.0111);
                Assert.All(rates.Zip(rates.Skip(1)), r => Assert.True(r.First >= r.Second));
            });
        }
    }

    [Theory]
    [InlineData("googlenet", "cosine 0.01 → 0.0001 | cosine 0.001 → 0.00001 | cosine 0.0001 → 0.000001")]
    [InlineData("vgg16", "step 0.01 → 0.001 → 0.0001 at 24.67ep, 49.33ep | step 0.0001 → 0.00001 → 0.000001 at 0.42ep, 0.83ep | step 0.00001 → 0.000001 → 0.0000001 at 6ep, 12ep")]
    [InlineData("resnet-50", "step 0.1 → 0.01 → 0.001 at 30ep, 60ep | step 0.01 → 0.001 → 0.0001 at 15ep, 30ep | step 0.001 → 0.0001 → 0.00001 at 15ep, 30ep")]
    [InlineData("alexnet", "step 0.01 → 0.001 → 0.0001 at 30ep, 60ep | step 0.001 → 0.0001 → 0.00001 at 6.67ep, 13.33ep | step 0.0001 → 0.00001 → 0.000001 at 6.67ep, 13.33ep")]
    [InlineData("squeezenet", "linear 0.01 → 0.0001 | linear 0.001 → 0.00001 | linear 0.0001 → 0.000001")]
    [InlineData("deep-speech-2", "exponential 0.0003 → 0.000003 | exponential 0.0003 → 0.000003 | exponential 0.00003 → 0.0000003 | exponential 0.00003 → 0.0000003 | exponential 0.000006 → 0.00000006")]
    public void Plan_OfAPreset_ShowsTheCourseOfEachPhase(string name, string rates)
    {
        var entry = ModelCatalog.Get(name);
        var text = Plan.Resolve(entry.Paper!.Schedule, entry.Shape(entry.Paper.Config.Data == "wsj" ? 161 : 3), stepsPerEpoch: 100).Describe();

        // Small rates are written with an exponent; what they are does not hang on that.
        Assert.Equal(
            rates.Split(" | ").Select(Plainly),
            text.Split('\n').SkipWhile(l => !l.StartsWith("|--", StringComparison.Ordinal)).Skip(1).TakeWhile(l => l.Length > 0).Select(l => Plainly(l.Split('|')[5].Trim())));

        static string Plainly(string course) => string.Join(' ', course.Split(' ').Select(w =>
            decimal.TryParse(w, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number.ToString("0.##########", System.Globalization.CultureInfo.InvariantCulture) : w));
    }

    [Fact]
    public void Figures_OfDeepSpeech_SayHowLongPlainTrainingIs()
    {
        Assert.Contains(ModelCatalog.Get("deep-speech").Paper!.Figures, f => f.Stage == "plain, 150 epochs, as long as to dense 1" && f.Value == 28.03);
        Assert.Contains(ModelCatalog.Get("deep-speech-2").Paper!.Figures, f => f.Stage == "plain, 60 epochs, as long as to dense 1" && f.Value == 9.55);
    }

    [Theory]
    [InlineData("googlenet", 3, "conv1.conv.weight")]
    [InlineData("vgg16", 3, "features.0.weight")]
    [InlineData("vgg16-bn", 3, "features.0.weight")]
    [InlineData("resnet-18", 3, "conv1.weight")]
    [InlineData("resnet-50", 3, "conv1.weight")]
    [InlineData("alexnet", 3, "features.0.weight")]
    [InlineData("squeezenet", 3, "features.0.weight")]
    [InlineData("neural-talk", 4096, "words.weight")]
    [InlineData("deep-speech", 161, "")]
    [InlineData("deep-speech-2", 161, "conv1.weight conv2.weight")]
    public void Schedule_AtBothScales_LeavesDenseWhatThePaperDoes(string name, int inputs, string dense)
    {
        var entry = ModelCatalog.Get(name);
        foreach (var (schedule, width) in new[] { (entry.Paper!.Schedule, 1), (entry.Paper.SmallSchedule, entry.Paper.SmallConfig.Width) })
        {
            var plan = Plan.Resolve(schedule, entry.Shape(inputs, width: width), stepsPerEpoch: 100);

            Assert.Equal(dense, string.Join(' ', plan.Phases[1].Layers.Where(l => !l.IsPruned).Select(l => l.Parameter)));
            Assert.Equal(name is "deep-speech" or "deep-speech-2" ? 5 : 3, plan.Phases.Count);
        }
    }
}
