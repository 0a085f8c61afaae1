using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Training;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Images;

/// <summary>Wrong labels and examples that are drawn for each seed.</summary>
public class SeedDrawTests
{
    private const int Train = 300;
    private const int Validation = 60;
    private static readonly ImageDataset s_data = Tiny.Dataset(Train, Validation);

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Label_OfManyExamples_IsWrongAsOftenAsSaid_AndUniformAmongTheOthers(double fraction)
    {
        const int Count = 20_000;
        const int Classes = 5;
        var draw = Noise(fraction);
        var wrong = Enumerable.Range(0, Count).Select(place => (True: place % Classes, Label: draw.Label(place, place % Classes, Classes))).Where(l => l.Label != l.True).ToList();

        // Five standard deviations.
        Assert.InRange(wrong.Count, (Count * fraction) - (5 * Math.Sqrt(Count * fraction * (1 - fraction))), (Count * fraction) + (5 * Math.Sqrt(Count * fraction * (1 - fraction))));
        Assert.All(wrong, l => Assert.InRange(l.Label, 0, Classes - 1));
        var pairs = wrong.CountBy(l => l).ToDictionary();
        var expected = wrong.Count / (double)(Classes * (Classes - 1));
        Assert.Equal(Classes * (Classes - 1), pairs.Count);
        Assert.All(pairs.Values, n => Assert.InRange(n, expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected))));
    }

    [Fact]
    public void Label_WithMoreNoise_StaysWrongInTheSameWay()
    {
        var (little, much) = (Noise(0.2), Noise(0.4));
        var wrong = Enumerable.Range(0, 2000).Where(place => little.Label(place, 3, 10) != 3).ToList();
        Assert.NotEmpty(wrong);
        Assert.All(wrong, place => Assert.Equal(little.Label(place, 3, 10), much.Label(place, 3, 10)));
    }

    [Fact]
    public void Label_OfAnotherSeed_Differs_UnlessTheNoiseHasItsOwn()
    {
        Assert.NotEqual(Labels(Noise(0.5, seed: 1)), Labels(Noise(0.5, seed: 2)));
        Assert.Equal(Labels(Noise(0.5, seed: 1)), Labels(Noise(0.5, seed: 1)));
        Assert.Equal(Labels(new(new(0.5, 7), Redraw.None, null, 1)), Labels(new(new(0.5, 7), Redraw.None, null, 2)));
        Assert.Equal(Labels(Noise(0.5, seed: 7)), Labels(new(new(0.5, 7), Redraw.None, null, 1)));

        static int[] Labels(SeedDraw draw) => [.. Enumerable.Range(0, 100).Select(place => draw.Label(place, 0, 10))];
    }

    [Fact]
    public void Label_WithTwoClasses_IsTheOther() => Assert.Equal([1, 0], new[] { 0, 1 }.Select(label => Noise(1).Label(4, label, 2)));

    [Theory]
    [InlineData(Redraw.None)]
    [InlineData(Redraw.Train)]
    [InlineData(Redraw.Splits)]
    public void Examples_AreInOrder_DisjointAndWithinTheLimit(Redraw redraw)
    {
        var (train, validation) = new SeedDraw(null, redraw, 100, 1).Examples(Train, Validation);

        Assert.Equal((100, Validation), (train.Length, validation.Length));
        Assert.Equal(train.Order(), train);
        Assert.Equal(validation.Order(), validation);
        Assert.Equal(100 + Validation, train.Concat(validation).Distinct().Count());
        Assert.All(train, place => Assert.InRange(place, 0, redraw == Redraw.Splits ? Train + Validation - 1 : Train - 1));
        Assert.Equal(redraw != Redraw.Splits, validation.SequenceEqual(Enumerable.Range(Train, Validation)));
        Assert.Equal(redraw == Redraw.None, train.SequenceEqual(Enumerable.Range(0, 100)));
    }

    [Theory]
    [InlineData(Redraw.Train)]
    [InlineData(Redraw.Splits)]
    public void Examples_DifferBetweenSeedsAlone_AndNestOverLimits(Redraw redraw)
    {
        var (train, validation) = new SeedDraw(null, redraw, 100, 1).Examples(Train, Validation);
        var (again, validationAgain) = new SeedDraw(null, redraw, 50, 1).Examples(Train, Validation);
        var (other, validationOther) = new SeedDraw(null, redraw, 100, 2).Examples(Train, Validation);

        Assert.Subset(train.ToHashSet(), again.ToHashSet());
        Assert.Equal(validation, validationAgain);
        Assert.NotEqual(train, other);
        Assert.Equal(redraw == Redraw.Splits, !validation.SequenceEqual(validationOther));
        Assert.Equal(redraw == Redraw.Splits ? Train : 100, new SeedDraw(null, redraw, redraw == Redraw.Splits ? null : 100, 1).Examples(Train, Validation).Train.Length);
    }

    [Fact]
    public void Drawn_WithNoise_ChangesTrainLabelsAlone_AndCopiesNoPixels()
    {
        var drawn = s_data.Drawn(Noise(0.5));

        Assert.True(drawn.Train.Pixels.Equals(s_data.Train.Pixels));
        Assert.Equal(s_data.Train.Labels.ToArray(), drawn.TrueLabels.ToArray());
        Assert.InRange(Wrong(drawn).Count, 100, 200);
        Assert.Same(s_data.Validation, drawn.Validation);
        Assert.Same(s_data.Test, drawn.Test);
        Assert.Equal((s_data.Mean, s_data.StandardDeviation), (drawn.Mean, drawn.StandardDeviation));
        Assert.Equal(s_data.Contents, drawn.Contents);
        Assert.Equal(drawn.Train.Labels.ToArray(), s_data.Drawn(Noise(0.5)).Train.Labels.ToArray());
    }

    [Fact]
    public void Drawn_WithALimit_GivesEachExampleTheLabelThatItHasWithout()
    {
        var whole = s_data.Drawn(Noise(0.5));
        var limited = new ImageDataset(Tiny.Name, 10, s_data.Train.Select([.. Enumerable.Range(0, 40)]), s_data.Validation, s_data.Test).Drawn(new(new(0.5), Redraw.None, 40, 1));
        Assert.Equal(whole.Train.Labels[..40].ToArray(), limited.Train.Labels.ToArray());

        var draw = new SeedDraw(new(0.5), Redraw.Train, 40, 1);
        var redrawn = s_data.Drawn(draw);
        Assert.Equal(draw.Examples(Train, Validation).Train.Select(place => whole.Train.Labels.Span[place]), redrawn.Train.Labels.ToArray());
    }

    [Fact]
    public void Drawn_Splits_TakesPixelsAndLabelsOfBoth_WithTheMomentsOfItsTrainSplit()
    {
        var draw = new SeedDraw(new(0.3), Redraw.Splits, 100, 1);
        var (train, validation) = draw.Examples(Train, Validation);
        var drawn = s_data.Drawn(draw);

        Assert.Contains(train, place => place >= Train);
        Assert.Equal(train.Select(place => Image(s_data, place)), Enumerable.Range(0, 100).Select(i => Convert.ToHexString(drawn.Train.Image(i)) + drawn.TrueLabels.Span[i]));
        Assert.Equal(validation.Select(place => Image(s_data, place)), Enumerable.Range(0, Validation).Select(i => Convert.ToHexString(drawn.Validation.Image(i)) + drawn.Validation.Labels.Span[i]));
        Assert.Same(s_data.Test, drawn.Test);
        var alone = new ImageDataset("x", 10, drawn.Train, drawn.Validation, drawn.Test);
        Assert.Equal((alone.Mean, alone.StandardDeviation), (drawn.Mean, drawn.StandardDeviation));
        Assert.NotEqual(s_data.Mean, drawn.Mean);

        static string Image(ImageDataset data, int place) => place < Train
            ? Convert.ToHexString(data.Train.Image(place)) + data.Train.Labels.Span[place]
            : Convert.ToHexString(data.Validation.Image(place - Train)) + data.Validation.Labels.Span[place - Train];
    }

    [Fact]
    public void Settings_NameTheDraw_AndNothingWithoutOne()
    {
        Assert.Equal("300 examples, batch 8, seed 1, no augmentation", new ImageClassification(s_data, 8, 1).Settings);
        Assert.Equal("300 examples, labels wrong with probability 0.2 (seed 1), batch 8, seed 1, no augmentation", s_data.Drawn(Noise(0.2)).Task(8, 1).Settings);
        Assert.Equal(
            "40 examples, labels wrong with probability 0.2 (seed 7), splits drawn by seed 1, batch 8, seed 1, no augmentation",
            s_data.Drawn(new(new(0.2, 7), Redraw.Splits, 40, 1)).Task(8, 1).Settings);
        Assert.Equal("40 examples, training examples drawn by seed 3, batch 8, seed 3, no augmentation", s_data.Drawn(new(null, Redraw.Train, 40, 3)).Task(8, 3).Settings);
    }

    [Fact]
    public void Evaluate_TrainWithNoise_TellsMemorizedFromCorrected()
    {
        var drawn = s_data.Drawn(Noise(0.4));
        var (wrong, task) = (Wrong(drawn), drawn.Task(8, 1));
        var truths = drawn.TrueLabels.ToArray();
        var labels = drawn.Train.Labels.ToArray();

        // Predicts the true class of even examples, and the label of odd ones.
        using var model = new Known([.. Enumerable.Range(0, Train).Select(i => i % 2 == 0 ? truths[i] : labels[i])]);
        var metrics = task.Evaluate(model, DataSplit.Train);

        Assert.Equal(["accuracy", "loss", "wrong labels memorised", "wrong labels corrected", "accuracy on true labels"], metrics.Select(m => m.Name));
        Assert.Equal([Train, Train, wrong.Count, wrong.Count, Train - wrong.Count], metrics.Select(m => m.Examples!.Value));
        Assert.Equal((Train - wrong.Count(i => i % 2 == 0)) / (double)Train, metrics[0].Value, 9);
        Assert.Equal(wrong.Count(i => i % 2 == 1) / (double)wrong.Count, metrics[2].Value, 9);
        Assert.Equal(wrong.Count(i => i % 2 == 0) / (double)wrong.Count, metrics[3].Value, 9);
        Assert.Equal(1, metrics[4].Value);
        Assert.Equal([MetricGoal.Lower, MetricGoal.Higher, MetricGoal.Higher], metrics.Skip(2).Select(m => m.Metric.Goal));
    }

    [Fact]
    public void Evaluate_OtherSplitsOrWithoutNoise_HasTheUsualMetrics()
    {
        using var model = new Known(new byte[Train]);
        Assert.Equal(["accuracy", "loss"], s_data.Task(8, 1).Evaluate(model, DataSplit.Train).Select(m => m.Name));
        using var again = new Known(new byte[Train]);
        Assert.Equal(["accuracy", "loss"], s_data.Drawn(Noise(0.5)).Task(8, 1).Evaluate(again, DataSplit.Validation).Select(m => m.Name));
        using var third = new Known(new byte[Train]);
        Assert.Equal(["accuracy", "loss", "wrong labels memorised", "wrong labels corrected"], s_data.Drawn(Noise(1)).Task(8, 1).Evaluate(third, DataSplit.Train).Select(m => m.Name));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_SeedsAtOnceOnDataOfTheirOwn_IsEachSeedAlone(bool isResident)
    {
        const int Seeds = 3;
        var data = Tiny.Dataset(Train, Validation, height: 28, width: 28);
        var (events, alone) = (Lists(Seeds), Lists(Seeds));
        var schedule = Schedule.Dsd(Duration.Steps(3), Duration.Steps(3), Duration.Steps(3), 0.5, 0.01);
        var seeds = Enumerable.Range(0, Seeds).Select(i => new StackedSeed(Create(i), Task(i), new TrainerSettings(i, logEverySteps: 1), events[i].Add)).ToList();
        var plan = schedule.On(seeds[0].Model, seeds[0].Task.StepsPerEpoch);
        Assert.Null(StackedRun.Obstacle(seeds));
        using (var run = new StackedRun(plan, seeds))
        {
            run.RunTo(plan.TotalSteps, default);
            run.Complete();
            Assert.All(run.Failures, Assert.Null);
        }

        for (var i = 0; i < Seeds; i++)
        {
            using var run = new TrainingRun(plan, Create(i), Task(i), new TrainerSettings(i, logEverySteps: 1), alone[i].Add, (_, _) => { });
            run.RunTo(plan.TotalSteps, default);
            run.Complete();
            Assert.Equal(9, Losses(alone[i]).Count);
            Assert.All(Losses(alone[i]).Zip(Losses(events[i])), l => Assert.Equal(l.First, l.Second, 1e-4));
        }

        Assert.NotEqual(Losses(events[0]), Losses(events[1]));

        ImageClassification Task(int seed) => new(data.Drawn(new(new(0.3), Redraw.Splits, 100, seed)), 8, seed) { KeepsOnDevice = isResident };

        static List<List<TrainingEvent>> Lists(int count) => [.. Enumerable.Range(0, count).Select(_ => new List<TrainingEvent>())];

        static List<double> Losses(List<TrainingEvent> events) => [.. events.OfType<StepSampled>().Select(e => e.Loss)];

        static nn.Module Create(int seed)
        {
            manual_seed(seed);
            return ModelCatalog.Get("lenet-300-100").Create(1, 10);
        }
    }

    private static SeedDraw Noise(double fraction, long seed = 1) => new(new(fraction), Redraw.None, null, seed);

    private static List<int> Wrong(ImageDataset drawn) => [.. Enumerable.Range(0, drawn.Train.Count).Where(i => drawn.Train.Labels.Span[i] != drawn.TrueLabels.Span[i])];

    /// <summary>Predicts given classes, image after image.</summary>
    private sealed class Known(byte[] classes) : nn.Module<Tensor, Tensor>("known")
    {
        private int _next;

        public override Tensor forward(Tensor input)
        {
            using var predicted = tensor(Enumerable.Range(0, (int)input.shape[0]).Select(_ => (long)classes[_next++ % classes.Length]).ToArray());
            return nn.functional.one_hot(predicted, 10).to(ScalarType.Float32);
        }
    }
}
