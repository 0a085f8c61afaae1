using Dsd.Execution;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

public class ParameterTests
{
    public static TheoryData<string, int, int> Cases()
    {
        var cases = new TheoryData<string, int, int>();
        foreach (var entry in ModelCatalog.All)
        {
            cases.Add(entry.Name, 1, 10);
            cases.Add(entry.Name, 2, 47);
        }

        return cases;
    }

    [Theory]
    [InlineData("lenet-300-100", 1, 266_610)]
    [InlineData("lenet-5", 1, 431_080)]
    [InlineData("resnet-20", 3, 269_722)]
    [InlineData("resnet-20", 1, 269_434)]
    public void Create_KnownSize_HasThePublishedNumberOfParameters(string name, int inputs, long expected)
    {
        using var model = ModelCatalog.Get(name).Create(inputs);

        Assert.Equal(expected, model.parameters().Sum(p => p.numel()));
        Assert.Equal(expected, ModelCatalog.Get(name).Shape(inputs).Count);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Shape_AnyInputsAndClasses_IsWhatTheLiveModelLists(string name, int inputs, int classes)
    {
        var entry = ModelCatalog.Get(name);
        using var model = entry.Create(inputs, classes, WidthOf(entry));

        Assert.Equal(ModelInspection.ShapeOf(model), entry.Shape(inputs, classes, WidthOf(entry)));
    }

    [Theory]
    [InlineData("lenet-300-100", "fc1.weight fc1.bias fc2.weight fc2.bias fc3.weight fc3.bias")]
    [InlineData("lenet-300-100-spectral", "fc1.phi fc1.lambda_in fc1.lambda_out fc1.bias fc2.phi fc2.lambda_in fc2.lambda_out fc2.bias fc3.phi fc3.lambda_in fc3.lambda_out fc3.bias")]
    [InlineData("lenet-5", "conv1.weight conv1.bias conv2.weight conv2.bias fc1.weight fc1.bias fc2.weight fc2.bias")]
    public void Shape_LeNet_NamesItsLayersAsInTheLiterature(string name, string expected) =>
        Assert.Equal(expected, string.Join(' ', ModelCatalog.Get(name).Shape().Parameters.Select(p => p.Name)));

    [Theory]
    [InlineData(1, 269_722)]
    [InlineData(0.5, 68_050)]
    public void Shape_ResNet20OfAWidth_HasTheParametersOfItsChannels(double width, long count) =>
        Assert.Equal(count, ResNet20.Shape(channels: 3, width: width).Parameters.Sum(p => p.Count));

    [Fact]
    public void Shape_ResNet20_NamesItsLayersAsTorchvisionDoes()
    {
        var names = ResNet20.Shape().Parameters.Select(p => p.Name).ToArray();

        Assert.Equal(["conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn1.weight"], names[..5]);
        Assert.Equal(["layer3.2.bn2.weight", "layer3.2.bn2.bias", "fc.weight", "fc.bias"], names[^4..]);
        Assert.Equal(20, names.Count(n => n.Contains("conv", StringComparison.Ordinal) || n == "fc.weight"));
    }

    [Fact]
    public void Shape_EveryModel_MarksOnlyWeightsOfLayersAsWeights()
    {
        foreach (var entry in ModelCatalog.All)
        {
            // The eigenvectors are weights that are not trained.
            Assert.All(entry.Shape().Parameters, p => Assert.Equal(p.Dims.Count == 1 || entry.Name == "lenet-300-100-eigenvalues", p.IsBias));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("Tier", "slow")]
    public void Create_SameSeed_GivesTheSameBits(string name, int inputs, int classes)
    {
        Assert.Equal(Bits(name, inputs, classes, seed: 7), Bits(name, inputs, classes, seed: 7));
        Assert.NotEqual(Bits(name, inputs, classes, seed: 7), Bits(name, inputs, classes, seed: 8));
    }

    [Theory]
    [InlineData("lenet-300-100")]
    [InlineData("lenet-5")]
    public void Create_LeNet_StartsUniformWithinOneOverRootFanIn(string name)
    {
        manual_seed(1);
        using var model = ModelCatalog.Get(name).Create();

        long fanIn = 0;
        foreach (var (parameterName, parameter) in model.named_parameters())
        {
            fanIn = parameter.dim() > 1 ? parameter.numel() / parameter.size(0) : fanIn;
            var bound = 1 / Math.Sqrt(fanIn);
            Assert.InRange(parameter.abs().max().item<float>(), 0, bound * 1.0001);
            if (parameter.numel() >= 500)
            {
                var expected = bound / Math.Sqrt(3);
                Assert.True(
                    Math.Abs(parameter.std().item<float>() - expected) < 0.1 * expected,
                    $"{parameterName}: {parameter.std().item<float>()} is not near {expected}");
            }
        }
    }

    [Fact]
    public void Create_ResNet20_StartsAsHeEtAlSay()
    {
        manual_seed(1);
        using var model = new ResNet20(channels: 3);

        foreach (var (name, parameter) in model.named_parameters())
        {
            if (parameter.dim() == 4)
            {
                var expected = Math.Sqrt(2.0 / (parameter.size(0) * 9));
                Assert.InRange(parameter.std().item<float>(), 0.85 * expected, 1.15 * expected);
            }
            else if (name.Contains("bn", StringComparison.Ordinal))
            {
                var expected = name.EndsWith("weight", StringComparison.Ordinal) ? 1f : 0f;
                Assert.All(parameter.data<float>().ToArray(), value => Assert.Equal(expected, value));
            }
        }
    }

    [Fact]
    public void Constructors_NumberBelowOne_Throw()
    {
        foreach (var entry in ModelCatalog.All)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => entry.Create(inputs: 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => entry.Create(classes: 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => entry.Shape(inputs: 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => entry.Shape(classes: -1));
        }
    }

    /// <summary>Small, where a network can be.</summary>
    private static double WidthOf(ModelEntry entry) => entry.HasWidth ? 0.125 : 1;

    private static float[] Bits(string name, int inputs, int classes, long seed)
    {
        manual_seed(seed);
        var entry = ModelCatalog.Get(name);
        using var model = entry.Create(inputs, classes, WidthOf(entry));
        return [.. model.parameters().SelectMany(p => p.data<float>().ToArray())];
    }

    [Fact]
    public void Effort_OfLeNet5_IsThatCountedByHand()
    {
        using var network = new LeNet5();

        // 20·24·24·25, 50·8·8·20·25, 800·500, 500·10; two convolutions, each with its pool, and two fully connected layers.
        Assert.Equal((288_000 + 1_600_000 + 400_000 + 5_000, 11_520 + 2_880 + 3_200 + 800 + 500 + 10), network.Layers.Effort(28, 28));
    }

    [Fact]
    public void Effort_OfResNet18_IsAsPublished()
    {
        using var network = new ResNet18();
        Assert.Equal(1.8e9, network.Layers.Effort(224, 224).MultiplyAdds, 0.05e9);
    }
}
