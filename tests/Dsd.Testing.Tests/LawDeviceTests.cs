using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing.Tests;

public sealed class LawDeviceTests
{
    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("auto")]
    [InlineData("")]
    public void Options_OfAnUnknownDevice_AreRefused(string device)
    {
        var refused = Assert.Throws<ArgumentException>(() => new LawOptions(device: device));
        Assert.StartsWith($"'{device}' is no device on which laws are checked; allowed are cpu, cuda and cuda:N.", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new MaskCase([1], [1f], [1f], 1, device: device));
        Assert.Throws<ArgumentException>(() => new TestNetwork(2, []).Build(1, device));
    }

    [Fact]
    public void Cases_OfAnotherDevice_NameItInTheirCodeAndKeepItWhenTheyShrink()
    {
        var mask = new MaskCase([2], [1f, 2f], [0f, 0f], 1).On("cuda:1");
        Assert.Equal("new MaskCase([2], [1f, 2f], [0f, 0f], 1, device: \"cuda:1\")", mask.ToString());
        Assert.All(mask.Shrink(), c => Assert.Equal("cuda:1", c.Device));
        Assert.NotEqual(mask, mask.On("cpu"));

        var update = new UpdateCase([1f, 2f], [3f, 4f], [true, false], 0, 1).On("cuda");
        Assert.EndsWith("seed: 0, device: \"cuda\")", update.ToString(), StringComparison.Ordinal);
        Assert.All(update.Shrink(), c => Assert.Equal("cuda", c.Device));

        var pattern = new PatternCase([4, 4], 0.5).On("cuda");
        Assert.Equal("new PatternCase([4, 4], 0.5, device: \"cuda\")", pattern.ToString());
        Assert.All(pattern.Shrink(), c => Assert.Equal("cuda", c.Device));

        var schedule = new Schedule([new Phase("dense", Duration.Steps(2), LearningRate.Constant(0.1))]);
        var training = new TrainingCase(new TestNetwork(4, [TestLayer.Linear(4)]), schedule, OptimizerSettings.Sgd()).On("cuda");
        Assert.EndsWith("device: \"cuda\")", training.ToString(), StringComparison.Ordinal);
        Assert.All(training.Shrink(Generators.Methods), c => Assert.Equal("cuda", c.Device));
    }

    [Fact]
    public void Network_BuiltOnADevice_HasTheWeightsAndSharedLayersOfTheCpu()
    {
        // The module is made on the device, and filled with the weights that were drawn on the CPU.
        var network = new TestNetwork(4, [TestLayer.Linear(4), TestLayer.Tied(), TestLayer.BatchNorm()]);
        using var drawn = network.Build(3);
        using var made = new LiveNetwork(network, CPU);
        _ = made.load_state_dict(drawn.state_dict());

        Assert.All(drawn.state_dict().Zip(made.state_dict()), p => Assert.Equal(LiveState.Values(p.First.Value), LiveState.Values(p.Second.Value)));
        var shared = made.named_parameters(recurse: true).Where(p => p.name is "linear1.weight" or "tied2.weight").Select(p => p.parameter.Handle).Distinct();
        Assert.Single(shared);
    }
}
