using Dsd.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

public sealed class GradientClipTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(5)]
    [InlineData(100)]
    public void Apply_ScalesAsTorchSharpDoes(double most)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        Parameter[] a = [Of(3, 4), Of(50), Of(2, 2, 2)], b = [.. a.Select(p => new Parameter(p.detach().clone()) { grad = p.grad!.clone() })];

        nn.utils.clip_grad_norm_(a, most);
        GradientClip.Apply([.. b, new Parameter(ones(2))], most);

        Assert.All(a.Zip(b), p => Assert.True(p.First.grad!.allclose(p.Second.grad!, 1e-6, 0)));

        static Parameter Of(params long[] shape) => new(zeros(shape)) { grad = randn(shape) };
    }

    [Fact]
    public void Apply_NoGradients_DoesNothing() => GradientClip.Apply([new Parameter(ones(2))], 1);
}
