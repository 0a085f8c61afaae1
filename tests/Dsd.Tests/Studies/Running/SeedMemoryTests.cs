using Dsd.Runs;
using Dsd.Studies;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Tests.Studies;

/// <summary>The memory of a seed that is trained at once with others.</summary>
public class SeedMemoryTests
{
    [Fact]
    public void Of_ANetwork_CountsWeightsStateActivationsAndBatch()
    {
        using var scope = NewDisposeScope();
        var source = StackableTrials.Source();
        var (network, task) = source.Open(source.Config, 1);
        var weights = 4 * network.parameters().Sum(p => p.numel());

        var (plain, adam) = (SeedMemory.Of(network, (IBatchTask)task, OptimizerSettings.Sgd(momentum: 0)), SeedMemory.Of(network, (IBatchTask)task, OptimizerSettings.Adam()));

        // A batch of 8 with 6 features and a label each, three times.
        Assert.Equal(new((4 * weights) + (3 * 8 * ((6 * 4) + 8)), false), plain);
        Assert.Equal(plain.Bytes + (4 * weights), adam.Bytes);
        Assert.Equal(7, new SeedMemory(100, true).Fit(1000));
        Assert.Equal(0, new SeedMemory(100, true).Fit(100));
    }
}
