using Dsd.Runs;
using Dsd.Training;
using TorchSharp;

namespace Dsd.Data.Tests;

/// <summary>Trials of the catalogue on data that each seed draws anew.</summary>
public sealed class CatalogTrialsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TrainingConfig _config;

    public CatalogTrialsTests()
    {
        Pictures.Layout(_folder, train: 20, val: 2);
        _config = new("resnet-20", $"imagenet:{_folder.Root}", batch: 4, trainLimit: 24, imageSize: 8);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("bible-kjv", "char-lstm", "text")]
    [InlineData("fashion-scenes", "neural-talk", "images with captions")]
    public void Entries_DataWithoutClasses_HaveNoNoiseAndNoRedraw(string data, string network, string words)
    {
        var error = Assert.Throws<DsdException>(() => new CatalogTrials().Entries(new(network, data, labelNoise: new(0.2), redraw: Redraw.Splits)));
        Assert.Contains($"labelNoise: {data} holds {words}, and only images have class labels that can be wrong; leave it out.", error.Message);
        Assert.Contains($"redraw: {data} holds {words}, and only images are drawn anew for each seed; leave it out.", error.Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(55_000)]
    public void Entries_RedrawOfAllTrainingExamples_IsAnErrorWithARemedy(int? limit)
    {
        var config = new TrainingConfig("lenet-5", "fashion-mnist", trainLimit: limit, redraw: Redraw.Train);
        Assert.Contains(
            "redraw train: each seed would draw all 55000 training examples of fashion-mnist, so nothing would differ. Set trainLimit below 55000, or use splits",
            Assert.Throws<DsdException>(() => new CatalogTrials().Entries(config)).Message);
        new CatalogTrials().Entries(config.WithTrainLimit(54_999));
        new CatalogTrials().Entries(config.WithRedraw(Redraw.Splits));
    }

    [Fact]
    public void Entries_NoiseWithOneClass_IsAnError()
    {
        using var folder = new TempFolder();
        Pictures.Layout(folder, train: 20, val: 2, classes: 1);
        Assert.Contains(
            "has one class, so no other can be a wrong label; leave it out",
            Assert.Throws<DsdException>(() => new CatalogTrials().Entries(_config.WithData($"imagenet:{folder.Root}").WithTrainLimit(null).WithLabelNoise(new(0.1)))).Message);
    }

    [Fact]
    public void Load_WithoutASeed_NeedsOneOnlyForDataThatDependOnIt()
    {
        var trials = new CatalogTrials();
        Assert.Same(trials.Load(_config), trials.Load(_config, 3));
        Assert.Contains("give the seed", Assert.Throws<ArgumentNullException>(() => trials.Load(_config.WithRedraw(Redraw.Train))).Message);
    }

    [Fact]
    public void Load_OfASeed_IsMadeOnceWhileItIsUsed()
    {
        var (trials, config) = (new CatalogTrials(), _config.WithRedraw(Redraw.Train));
        var data = trials.Load(config, 1);
        Assert.Same(data, trials.Load(config, 1));
        Assert.NotSame(data, trials.Load(config, 2));
        Assert.NotSame(data, trials.Load(config.WithLabelNoise(new(0.5)), 1));
    }

    [Fact]
    public void Open_DrawsTheDataOfTheSeed_AndTellsInTheSettings()
    {
        var (trials, config) = (new CatalogTrials(), _config.WithRedraw(Redraw.Splits).WithLabelNoise(new(0.5)));
        Assert.DoesNotContain("drawn", Settings(_config, 1), StringComparison.Ordinal);
        Assert.Equal("24 examples of 8×8, labels wrong with probability 0.5 (seed 1), splits drawn by seed 1, batch 4, seed 1, no augmentation", Settings(config, 1));
        Assert.Equal(Settings(config, 1), Settings(config, 1));
        Assert.Equal(6, trials.StepsPerEpoch(config));

        string Settings(TrainingConfig of, long seed)
        {
            var (network, task) = trials.Open(of, seed);
            using (network)
            {
                return task.Settings;
            }
        }
    }
}
