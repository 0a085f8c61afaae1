using Dsd.Execution;

namespace Dsd.Testing.Tests;

public sealed class TestNetworkTests
{
    [Fact]
    public void Sample_OfNetworks_HasEveryKindOfLayer()
    {
        var kinds = Generators.Sample(Generators.TestNetworks(), 200).SelectMany(n => n.Layers).Select(l => l.Kind).ToHashSet();
        Assert.Equal(Enum.GetValues<TestLayer.Kinds>().Order(), kinds.Order());
    }

    [Fact]
    public void Build_ATiedLayer_SharesTheWeightsOfTheOneBefore()
    {
        using var net = new TestNetwork(3, [TestLayer.Linear(3), TestLayer.Tied()]).Build(1);
        Assert.Equal("linear1.weight", ModelInspection.ShapeOf(net).Parameters.Single(p => p.Name == "tied2.weight").SharedWith);
        Assert.Throws<ArgumentException>(() => new TestNetwork(3, [TestLayer.Linear(4), TestLayer.Tied()]));
    }

    [Fact]
    public void ToString_IsTheCodeThatMakesIt() => Assert.Equal(
        "new TestNetwork(4, [TestLayer.Linear(2), TestLayer.Convolution(3, 2), TestLayer.Recurrent(2, 1), TestLayer.Dropout(0.5)])",
        new TestNetwork(4, [TestLayer.Linear(2), TestLayer.Convolution(3, 2), TestLayer.Recurrent(2), TestLayer.Dropout(0.5)]).ToString());
}
