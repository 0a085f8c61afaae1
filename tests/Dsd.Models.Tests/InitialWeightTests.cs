using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

/// <summary>How large initial weights are, layer by layer; the formulas are those that torchvision's constructors name.</summary>
public class InitialWeightTests
{
    /// <summary>Layers with fewer weights say too little about their deviation.</summary>
    private const int Enough = 500;

    public static TheoryData<string> Names() => [.. Reference.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Create_EveryLayer_StartsWithItsDeviation(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var model = ModelCatalog.Get(name).Create(3, 100, 0.25);
        long fanIn = 0;
        foreach (var (parameter, values) in model.named_parameters())
        {
            if (values.dim() > 1)
            {
                fanIn = values.numel() / values.size(0);
                var fanOut = values.numel() / values.size(1);
                IsSpread(parameter, values, Deviation(name, parameter, isConvolution: values.dim() == 4, fanIn, fanOut));
                HasShape(parameter, values, isNormal: IsNormal(name, parameter, isConvolution: values.dim() == 4));
            }
            else if (IsOfNorm(model, parameter))
            {
                Assert.True(values.eq(parameter.EndsWith("weight", StringComparison.Ordinal) ? 1f : 0f).all().item<bool>(), parameter);
            }
            else if (name.StartsWith("vgg", StringComparison.Ordinal) || name == "squeezenet")
            {
                Assert.True(values.eq(0f).all().item<bool>(), parameter);
            }
            else
            {
                var bound = 1 / Math.Sqrt(fanIn);
                Assert.InRange(values.abs().max().item<float>(), values.numel() >= 50 ? 0.8 * bound : 0, bound * 1.0001);
            }
        }
    }

    private static double Deviation(string name, string parameter, bool isConvolution, long fanIn, long fanOut) => name switch
    {
        "googlenet" => 0.01,
        "vgg16" or "vgg16-bn" when !isConvolution => 0.01,
        "squeezenet" when parameter.StartsWith("classifier", StringComparison.Ordinal) => 0.01,
        "squeezenet" => Math.Sqrt(2.0 / fanIn),
        "alexnet" => 1 / Math.Sqrt(3.0 * fanIn),
        _ when isConvolution => Math.Sqrt(2.0 / fanOut),
        _ => 1 / Math.Sqrt(3.0 * fanIn),
    };

    private static bool IsNormal(string name, string parameter, bool isConvolution) => name switch
    {
        "squeezenet" => parameter.StartsWith("classifier", StringComparison.Ordinal),
        "alexnet" => false,
        "resnet-18" or "resnet-50" => isConvolution,
        _ => true,
    };

    private static bool IsOfNorm(nn.Module model, string parameter) =>
        model.has_buffer(parameter[..(parameter.LastIndexOf('.') + 1)] + "running_mean");

    private static void IsSpread(string parameter, Tensor values, double expected)
    {
        if (values.numel() < Enough)
        {
            return;
        }

        // Six standard errors of a deviation, of a normal distribution or a narrower one.
        var (deviation, slack) = (values.std().item<float>(), 6 / Math.Sqrt(2.0 * values.numel()));
        Assert.True(Math.Abs(deviation - expected) < slack * expected, $"{parameter}: {deviation} is not near {expected}");
        Assert.True(Math.Abs(values.mean().item<float>()) < 6 * expected / Math.Sqrt(values.numel()), parameter);
    }

    /// <summary>A uniform distribution ends at √3 deviations; of a normal one 8 in 100 lie beyond.</summary>
    private static void HasShape(string parameter, Tensor values, bool isNormal)
    {
        if (values.numel() >= Enough)
        {
            var beyond = values.abs().gt(1.8 * values.std().item<float>()).to(ScalarType.Float32).mean().item<float>();
            Assert.True(isNormal ? beyond > 0.03 : beyond < 0.01, $"{parameter}: {beyond} of the weights lie beyond 1.8 deviations");
        }
    }
}
