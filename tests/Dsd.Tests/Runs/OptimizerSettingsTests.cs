using Dsd.Runs;

namespace Dsd.Tests.Training;

public sealed class OptimizerSettingsTests
{
    [Fact]
    public void Name_OfEachFactory_IsThatOfFilesAndTheCommand() => Assert.Equal(
        ["sgd", "adam", "adamw", "rmsprop"],
        new[] { OptimizerSettings.Sgd(), OptimizerSettings.Adam(), OptimizerSettings.AdamW(), OptimizerSettings.RmsProp() }.Select(s => s.Name));

    [Fact]
    public void Values_OutOfRange_AreRefusedBeforeTheNativeLibrarySeesThem()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => OptimizerSettings.Sgd(momentum: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => OptimizerSettings.Sgd(momentum: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => OptimizerSettings.Sgd(dampening: -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => OptimizerSettings.Adam(weightDecay: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => OptimizerSettings.AdamW(weightDecay: double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => OptimizerSettings.Adam(beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => OptimizerSettings.AdamW(beta2: -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => OptimizerSettings.Adam(epsilon: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => OptimizerSettings.RmsProp(alpha: 1));
        Assert.Throws<ArgumentException>(() => OptimizerSettings.Sgd(momentum: 0, nesterov: true));
        Assert.Throws<ArgumentException>(() => OptimizerSettings.Sgd(dampening: 0.1, nesterov: true));
    }

    [Fact]
    public void ToString_Settings_ReadAsInAPaper()
    {
        Assert.Equal("sgd, momentum 0.9, weight decay 0.0005", OptimizerSettings.Default.ToString());
        Assert.Equal("sgd, momentum 0.9, weight decay 0.01, Nesterov", OptimizerSettings.Sgd(weightDecay: 0.01, nesterov: true).ToString());
        Assert.Equal("adam", OptimizerSettings.Adam().ToString());
        Assert.Equal("adam, beta2 0.99, epsilon 1E-06", OptimizerSettings.Adam(beta2: 0.99, epsilon: 1e-6).ToString());
        Assert.Equal("rmsprop, alpha 0.9, centred", OptimizerSettings.RmsProp(alpha: 0.9, centered: true).ToString());
        Assert.Equal(OptimizerSettings.Sgd(), OptimizerSettings.Default);
    }
}
