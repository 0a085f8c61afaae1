using Dsd.Schedules;

namespace Dsd.Tests.Schedules;

public class RewindTests
{
    [Fact]
    public void WithLayers_Selectors_AreKeptByEveryCopyAndEqualByValue()
    {
        var limited = Rewind.ToEndOf("a").WithLayers(LayerSelector.Named("fc*"), LayerSelector.Last());
        Assert.Equal(limited, Rewind.ToEndOf("a").WithLayers(new List<LayerSelector> { LayerSelector.Named("fc*"), LayerSelector.Last() }));
        Assert.Equal(limited.WithOnlyKept(), Rewind.ToEndOf("a").WithOnlyKept().WithLayers(limited.Layers));
        Assert.NotEqual(limited, Rewind.ToEndOf("a"));
        Assert.Equal("rewound to the end of 'a' (only fc*, last layer), kept weights only", limited.WithOnlyKept().ToString());
        Assert.Equal("redrawn (only fc1)", Rewind.Redrawn.WithLayers(LayerSelector.Named("fc1")).ToString());
    }

    [Fact]
    public void WithLayers_NoSelectorOrNull_IsRefused()
    {
        Assert.Contains("at least one selector", Assert.Throws<ArgumentException>(() => Rewind.ToStart.WithLayers()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Rewind.ToStart.WithLayers(LayerSelector.First(), null!));
        Assert.Throws<ArgumentNullException>(() => Rewind.ToStart.WithLayers((IEnumerable<LayerSelector>)null!));
    }
}
