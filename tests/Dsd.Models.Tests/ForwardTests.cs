using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

public class ForwardTests
{
    public static TheoryData<string> Names() => [.. ModelCatalog.All.Where(e => e.Kind == TaskKind.Images && !e.HasWidth).Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_AnyBatchSize_GivesOneRowOfScoresPerImage(string name)
    {
        using var scope = NewDisposeScope();
        var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create(inputs: 2, classes: 7);
        foreach (var batch in new[] { 1, 3 })
        {
            foreach (var training in new[] { true, false })
            {
                model.train(training);
                var scores = model.call(rand(batch, 2, 28, 28));

                Assert.Equal([batch, 7L], scores.shape);
                Assert.Equal(ScalarType.Float32, scores.dtype);
                Assert.True(scores.isfinite().all().item<bool>());
            }
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(29)]
    public void Forward_ResNet20OnOtherSizes_Works(int size)
    {
        using var scope = NewDisposeScope();

        Assert.Equal([2L, 10], new ResNet20(channels: 3).call(rand(2, 3, size, size)).shape);
    }

    [Fact]
    public void Forward_LeNet300100OnFlatImages_GivesTheSameScores()
    {
        using var scope = NewDisposeScope();
        var model = new LeNet300100();
        var images = rand(3, 1, 28, 28);

        Assert.True(model.call(images).equal(model.call(images.reshape(3, 784))).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_OneBatch_ReachesEveryParameter(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create();
        nn.functional.cross_entropy(model.call(rand(8, 1, 28, 28)), arange(8, dtype: ScalarType.Int64)).backward();

        foreach (var (parameterName, parameter) in model.named_parameters().Where(p => p.parameter.requires_grad))
        {
            var gradient = parameter.grad;
            Assert.True(gradient is not null && gradient.abs().max().item<float>() > 0, $"no gradient at {parameterName}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_AsOneModel_EqualsTheSameStepsOutOfPlace(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create();
        model.eval();
        var images = rand(2, 1, 28, 28);
        var before = images.clone();

        var expected = Expected(name, model, images);

        Assert.True(model.call(images).allclose(expected, rtol: 1e-5, atol: 1e-6));
        Assert.True(images.equal(before).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_ManyTimes_LeavesNothingInTheOuterScopeButTheScores(string name)
    {
        using var model = (nn.Module<Tensor, Tensor>)ModelCatalog.Get(name).Create();
        using var images = rand(2, 1, 28, 28);
        using var scope = NewDisposeScope();
        for (var i = 1; i <= 3; i++)
        {
            model.call(images);

            Assert.Equal(i, scope.DisposablesCount);
        }
    }

    [Fact]
    public void Forward_ResNet20InTraining_MovesRunningMeansAndInEvaluationDoesNot()
    {
        using var scope = NewDisposeScope();
        var model = new ResNet20();
        var mean = model.get_buffer("bn1.running_mean")!;
        var start = mean.clone();

        model.eval();
        model.call(rand(4, 1, 28, 28));
        Assert.True(mean.equal(start).all().item<bool>());

        model.train();
        model.call(rand(4, 1, 28, 28));
        Assert.False(mean.equal(start).all().item<bool>());
    }

    [Fact]
    public void Skip_OfABlockThatHalves_TakesEverySecondPixelAndAppendsZeroChannels()
    {
        using var scope = NewDisposeScope();

        // Pixel (row, column) of channel c holds 100c + 10·row + column.
        var input = arange(16).reshape(1, 16, 1, 1) * 100 + arange(3).reshape(1, 1, 3, 1) * 10 + arange(3).reshape(1, 1, 1, 3);
        var output = new LayerPass("some", new Dictionary<string, nn.Module<Tensor, Tensor>>(), heads: null).Skip(input.to(ScalarType.Float32), stride: 2, zeroChannels: 16);

        Assert.Equal([1L, 32, 2, 2], output.shape);
        Assert.Equal([0f, 2, 20, 22], output[0, 0].data<float>().ToArray());
        Assert.Equal([1500f, 1502, 1520, 1522], output[0, 15].data<float>().ToArray());
        Assert.Equal(new float[16 * 4], output[0, 16..].data<float>().ToArray());
    }

    private static Tensor Expected(string name, nn.Module model, Tensor images)
    {
        Tensor P(string parameter) => model.get_parameter(parameter)!;
        Tensor Layer(Tensor x, string layer) => nn.functional.linear(x, P($"{layer}.weight"), P($"{layer}.bias"));
        Tensor SpectralLayer(Tensor x, string layer) =>
            x.matmul((P($"{layer}.phi") * (P($"{layer}.lambda_in").unsqueeze(0) - P($"{layer}.lambda_out").unsqueeze(1))).t()) + P($"{layer}.bias");
        switch (name)
        {
            case "lenet-300-100-spectral" or "lenet-300-100-eigenvalues":
                return SpectralLayer(SpectralLayer(SpectralLayer(images.reshape(-1, 784), "fc1").relu(), "fc2").relu(), "fc3");
            case "lenet-300-100":
                return Layer(Layer(Layer(images.reshape(-1, 784), "fc1").relu(), "fc2").relu(), "fc3");
            case "lenet-5":
                var pooled = nn.functional.max_pool2d(nn.functional.conv2d(images, P("conv1.weight"), P("conv1.bias")), 2);
                pooled = nn.functional.max_pool2d(nn.functional.conv2d(pooled, P("conv2.weight"), P("conv2.bias")), 2);
                return Layer(Layer(pooled.reshape(-1, 800), "fc1").relu(), "fc2");
            default:
                // Fresh running statistics are mean 0 and variance 1: in evaluation a norm divides by √(1 + ε).
                Tensor Convolve(Tensor x, string layer, int stride) =>
                    nn.functional.conv2d(x, P($"{layer}.weight"), strides: [stride, stride], padding: [1, 1]) / Math.Sqrt(1 + 1e-5);
                var hidden = Convolve(images, "conv1", 1).relu();
                for (var i = 0; i < 9; i++)
                {
                    var block = $"layer{(i / 3) + 1}.{i % 3}";
                    var stride = i is 3 or 6 ? 2 : 1;
                    var shortcut = stride == 1
                        ? hidden
                        : cat([hidden, zeros_like(hidden)], 1)
                            .reshape(hidden.size(0), -1, hidden.size(2) / 2, 2, hidden.size(3) / 2, 2)
                            .select(5, 0).select(3, 0);
                    hidden = (Convolve(Convolve(hidden, $"{block}.conv1", stride).relu(), $"{block}.conv2", 1) + shortcut).relu();
                }

                return Layer(hidden.mean([2, 3]), "fc");
        }
    }
}
