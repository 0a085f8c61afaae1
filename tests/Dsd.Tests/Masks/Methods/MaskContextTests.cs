using Dsd.Masks;
using static TorchSharp.torch;

namespace Dsd.Tests.Masks.Methods;

public sealed class MaskContextTests
{
    [Theory]
    [InlineData("step", -1, 0, 1, 0)]
    [InlineData("phaseStep", 0, -1, 1, 0)]
    [InlineData("phaseStep", 9, 5, 5, 0)]
    [InlineData("phaseSteps", 0, 0, 0, 0)]
    [InlineData("update", 0, 0, 1, -1)]
    public void New_ANumberOutsideItsRange_IsRefused(string name, long step, long phaseStep, long phaseSteps, long update)
    {
        using var weight = ones(2, 3);
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new MaskContext("w", weight, step: step, phaseStep: phaseStep, phaseSteps: phaseSteps, update: update)).ParamName);
        Assert.Equal(4, new MaskContext("w", weight, step: 9, phaseStep: 4, phaseSteps: 5, update: 2).PhaseStep);
    }

    [Fact]
    public void New_AGradientOrAMaskOfAnotherShape_IsRefused()
    {
        using var scope = NewDisposeScope();
        var weight = ones(2, 3);
        Assert.Contains("The gradient of w is of shape (3, 2); its weights are of (2, 3).", Assert.Throws<ArgumentException>(() => new MaskContext("w", weight, ones(3, 2))).Message, StringComparison.Ordinal);
        Assert.Contains("The mask of w is for 5 weights; it has 6.", Assert.Throws<ArgumentException>(() => new MaskContext("w", weight, mask: BitMask.All(5))).Message, StringComparison.Ordinal);
        Assert.Equal(6, new MaskContext("w", weight, ones(2, 3), BitMask.All(6)).Mask!.Count);
    }
}
