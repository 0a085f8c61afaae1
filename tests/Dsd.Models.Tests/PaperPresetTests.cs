using Dsd.Optimizers;
using Dsd.Plans;
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

        Assert.Equal((decimal)paper.Small.Epochs, small.Phases.Sum(p => (decimal)p.Duration.Amount));
        Assert.All(full.Phases.Zip(small.Phases), p =>
        {
            Assert.Equal((p.First.Name, p.First.Sparsity, p.First.Layers), (p.Second.Name, p.Second.Sparsity, p.Second.Layers));
            Assert.Equal(p.First.Rate.From * paper.Small.RateFactor, p.Second.Rate.From, 12);
            Assert.Equal(p.First.Duration.Amount / length, p.Second.Duration.Amount / paper.Small.Epochs, 1);
        });
        Assert.All(full.Phases.Zip(full.Phases.Skip(1)), p => Assert.Equal(p.Second.Rate.From, p.First.Rate.To));
        Assert.NotEqual(OptimizerKind.AdamW, paper.Setting.Optimizer.Kind);
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
        foreach (var (schedule, width) in new[] { (entry.Paper!.Schedule, 1), (entry.Paper.SmallSchedule, entry.Paper.Small.Setting.Width) })
        {
            var plan = Plan.Resolve(schedule, entry.Shape(inputs, width: width), stepsPerEpoch: 100);

            Assert.Equal(dense, string.Join(' ', plan.Phases[1].Layers.Where(l => !l.IsPruned).Select(l => l.Parameter)));
            Assert.Equal(name is "deep-speech" or "deep-speech-2" ? 5 : 3, plan.Phases.Count);
        }
    }
}
