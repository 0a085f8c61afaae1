using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Tests.Plans;

public class RewindResolutionTests
{
    private static readonly ModelShape s_shape = ModelShape.Empty.Convolution("block.conv", 1, 4, 3).BatchNorm("block.bn", 4).Linear("fc1", 8, 4).Linear("fc2", 4, 2);

    public static TheoryData<Rewind?, string?> Selected => new()
    {
        { null, null },
        { Rewind.ToStart, null },
        { Rewind.ToStart.WithLayers(LayerSelector.Named("fc2.bias"), LayerSelector.Named("fc1")), "fc1 fc2" },
        { Rewind.ToStart.WithLayers(LayerSelector.Named("block.*")), "block.conv block.bn" },
        { Rewind.ToStart.WithLayers(LayerSelector.OfKind(LayerKind.Norm), LayerSelector.Last()), "block.bn fc2" },
        { Rewind.ToStart.WithLayers(LayerSelector.First(LayerKind.Linear)), "fc1" },
    };

    [Theory]
    [MemberData(nameof(Selected))]
    public void Resolve_Selectors_GivesTheLayersInOrder(Rewind? rewind, string? layers)
    {
        var planned = Plan.Resolve(new Schedule([new Phase("a", Duration.Steps(3), LearningRate.Constant(0.1), rewind: rewind)]), s_shape, 5).Phases[0];
        Assert.Equal(layers, planned.RewoundLayers is { } names ? string.Join(' ', names) : null);
    }

    [Fact]
    public void Describe_LayersThatReturn_AreNamed()
    {
        var rewind = Rewind.ToStart.WithLayers(LayerSelector.Named("fc*"), LayerSelector.First()).WithOnlyKept();
        var text = Plan.Resolve(new Schedule([new Phase("a", Duration.Steps(3), LearningRate.Constant(0.1), rewind: rewind)]), s_shape, 5).Describe();
        Assert.Contains("On entry, weights are rewound to the start (only fc*, first layer), kept weights only in 'a'.", text, StringComparison.Ordinal);
    }
}
