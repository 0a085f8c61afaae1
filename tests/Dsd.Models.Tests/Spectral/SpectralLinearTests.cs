using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

public class SpectralLinearTests
{
    [Fact]
    public void Weight_AnyValues_IsTheProductWrittenDown()
    {
        using var scope = NewDisposeScope();
        var layer = Drawn(5, 3);
        var (phi, input, output) = (Values(layer.Eigenvectors), Values(layer.InputEigenvalues), Values(layer.OutputEigenvalues));
        var expected = new float[15];
        for (var i = 0; i < 3; i++)
        {
            for (var j = 0; j < 5; j++)
            {
                expected[(5 * i) + j] = (input[j] - output[i]) * phi[(5 * i) + j];
            }
        }

        Assert.Equal(expected, Values(layer.Weight()));
    }

    [Fact]
    public void Forward_AnyValues_IsTheLoopWrittenDown()
    {
        using var scope = NewDisposeScope();
        var layer = Drawn(4, 2);
        var x = randn(3, 4);
        var (phi, input, output, bias, values) = (Values(layer.Eigenvectors), Values(layer.InputEigenvalues), Values(layer.OutputEigenvalues), Values(layer.Bias!), Values(x));
        var expected = (from n in Enumerable.Range(0, 3)
                        from i in Enumerable.Range(0, 2)
                        select bias[i] + Enumerable.Range(0, 4).Sum(j => values[(4 * n) + j] * (input[j] - output[i]) * phi[(4 * i) + j])).ToArray();

        Assert.All(expected.Zip(Values(layer.call(x))), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Theory]
    [InlineData("phi")]
    [InlineData("lambda_in")]
    [InlineData("lambda_out")]
    [InlineData("bias")]
    public void Backward_EachParameter_HasTheGradientOfFiniteDifferences(string name)
    {
        using var scope = NewDisposeScope();
        var layer = Drawn(4, 3);
        layer.to(ScalarType.Float64);
        var x = randn(5, 4, ScalarType.Float64);
        double Loss() => layer.call(x).tanh().square().sum().item<double>();

        layer.call(x).tanh().square().sum().backward();
        var parameter = layer.get_parameter(name)!;
        var gradient = parameter.grad!.data<double>().ToArray();

        using var guard = no_grad();
        using var flat = parameter.view(-1);
        for (var i = 0; i < gradient.Length; i++)
        {
            var before = flat[i].item<double>();
            flat[i] = before + 1e-6;
            var above = Loss();
            flat[i] = before - 1e-6;
            var below = Loss();
            flat[i] = before;
            Assert.Equal((above - below) / 2e-6, gradient[i], 1e-6);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Create_OneSeed_ComputesTheBitsOfAnOrdinaryLayer(bool bias)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var ordinary = nn.Linear(40, 30, bias);
        var next = rand(1);
        manual_seed(3);
        var spectral = new SpectralLinear(40, 30, bias);

        Assert.True(next.equal(rand(1)).all().item<bool>(), "draws as many random numbers");
        Assert.True(ordinary.weight!.equal(spectral.Weight()).all().item<bool>());
        var x = randn(7, 40);
        Assert.True(ordinary.call(x).equal(spectral.call(x)).all().item<bool>());
        Assert.InRange(spectral.Weight().abs().max().item<float>(), 0.9f / MathF.Sqrt(40), 1.0001f / MathF.Sqrt(40));
        Assert.Equal(bias ? ["phi", "lambda_in", "lambda_out", "bias"] : ["phi", "lambda_in", "lambda_out"], spectral.named_parameters().Select(p => p.name));
    }

    [Fact]
    public void ToLinear_OfTrainedValues_ComputesTheSameBitsAndDrawsNothing()
    {
        using var scope = NewDisposeScope();
        var spectral = Drawn(6, 4);
        manual_seed(1);
        var next = rand(1);
        manual_seed(1);
        var ordinary = spectral.ToLinear();

        Assert.True(next.equal(rand(1)).all().item<bool>(), "no random number is drawn");
        var x = randn(5, 6);
        Assert.True(spectral.call(x).equal(ordinary.call(x)).all().item<bool>());
        Assert.All(ordinary.parameters(), p => Assert.True(p.requires_grad));
        var back = SpectralLinear.From(ordinary);
        Assert.True(back.Weight().equal(ordinary.weight!).all().item<bool>());
    }

    [Fact]
    public void From_ALayer_SharesNoTensorWithIt()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var ordinary = nn.Linear(3, 2);
        var spectral = SpectralLinear.From(ordinary);
        var before = spectral.call(ones(1, 3));
        ordinary.weight!.fill_(9);
        ordinary.bias!.fill_(9);

        Assert.True(before.equal(spectral.call(ones(1, 3))).all().item<bool>());
    }

    [Fact]
    public void To_AnotherType_MovesWhatIsComputed()
    {
        using var scope = NewDisposeScope();
        var layer = Drawn(3, 2);
        layer.to(ScalarType.Float64);

        Assert.Equal(ScalarType.Float64, layer.call(ones(1, 3, ScalarType.Float64)).dtype);
        Assert.Equal(layer.parameters().Select(p => p.Handle), new[] { layer.Eigenvectors, layer.InputEigenvalues, layer.OutputEigenvalues, layer.Bias! }.Select(p => p.Handle));
    }

    [Fact]
    public void Create_InADisposeScope_OutlivesItAsAnOrdinaryLayerDoes()
    {
        SpectralLinear created, converted;
        Linear back;
        using (NewDisposeScope())
        {
            created = new(3, 2);
            converted = SpectralLinear.From(nn.Linear(3, 2));
            back = created.ToLinear();
        }

        Assert.Equal(10, created.parameters().Concat(converted.parameters()).Concat(back.parameters()).Count(p => !p.IsInvalid));
        using var scope = NewDisposeScope();
        Assert.Equal([1L, 2], converted.call(ones(1, 3)).shape);
        created.Dispose();
        Assert.True(created.Eigenvectors.IsInvalid);
    }

    [Theory]
    [InlineData(SpectralTraining.OutputEigenvalues, "lambda_out bias")]
    [InlineData(SpectralTraining.InputEigenvalues, "lambda_in bias")]
    [InlineData(SpectralTraining.Eigenvalues, "lambda_in lambda_out bias")]
    [InlineData(SpectralTraining.Eigenvectors, "phi bias")]
    [InlineData(SpectralTraining.OutputEigenvalues | SpectralTraining.Eigenvectors, "phi lambda_out bias")]
    [InlineData(SpectralTraining.All, "phi lambda_in lambda_out bias")]
    public void Create_AChoice_TrainsItAndTheBias(SpectralTraining trained, string expected)
    {
        using var layer = new SpectralLinear(3, 2, trained: trained);

        Assert.Equal(expected, string.Join(' ', layer.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name)));
        Assert.Equal(trained, layer.Trained);
    }

    [Theory]
    [InlineData(0, 1, SpectralTraining.All)]
    [InlineData(1, 0, SpectralTraining.All)]
    [InlineData(1, 1, (SpectralTraining)0)]
    [InlineData(1, 1, (SpectralTraining)8)]
    public void Create_OutsideOfTheRange_Throws(long inputs, long outputs, SpectralTraining trained) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralLinear(inputs, outputs, trained: trained));

    /// <summary>A layer whose every parameter is drawn at random.</summary>
    private static SpectralLinear Drawn(long inputs, long outputs)
    {
        manual_seed(2);
        var layer = new SpectralLinear(inputs, outputs);
        using var guard = no_grad();
        foreach (var parameter in layer.parameters())
        {
            parameter.normal_();
        }

        return layer;
    }

    private static float[] Values(Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();
}
