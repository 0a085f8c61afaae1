using Dsd.Plans;
using Dsd.Schedules;
using FsCheck.Xunit;

namespace Dsd.Tests.Plans;

/// <summary>Levels as in random graphs of Erdős and Rényi.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public class ErdosRenyiTests
{
    /// <summary>LeNet-300-100 at 90 %, by hand: fc3 would keep 1.837 of its weights, stays full, and the others share 25,620 in proportion.</summary>
    [Fact]
    public void WithKernel_LeNet300100_AreTheLevelsByHand()
    {
        var shape = ModelShape.Empty.Linear("fc1", 784, 300).Linear("fc2", 300, 100).Linear("fc3", 100, 10);
        var scale = (26_620 - 1_000) / (1_084.0 + 400);

        var levels = ErdosRenyi.WithKernel([.. shape.Parameters.Where(p => !p.IsBias)], new Sparsity(0.9));

        Assert.Equal([1 - (scale * 1_084 / 235_200), 1 - (scale * 400 / 30_000), 0], levels, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void WithoutKernel_ConvolutionAndLinear_DiffersFromWithKernelInTheKernelAlone()
    {
        var layers = ModelShape.Empty.Convolution("conv", 20, 50, 5, bias: false).Linear("fc", 800, 500, bias: false).Parameters;

        // 25,000 · (20 + 50) / (20 · 50) + 400,000 · 1,300 / 400,000 = 1,750 + 1,300, and 20 + 50 + 5 + 5 + 1,300 with kernels.
        Check(ErdosRenyi.WithoutKernel(layers, new Sparsity(0.99)), 4_250 / 3_050.0, 70 / 1_000.0);
        Check(ErdosRenyi.WithKernel(layers, new Sparsity(0.99)), 4_250 / 1_380.0, 80 / 25_000.0);

        static void Check(IReadOnlyList<double> levels, double scale, double raw)
        {
            Assert.Equal(1 - (scale * raw), levels[0], 12);
            Assert.Equal(1 - (scale * 1_300 / 400_000), levels[1], 12);
        }
    }

    [Property]
    public void Levels_AnyNetwork_MeetTheTotalAndKeepDensitiesInProportion(ModelShape shape, Sparsity sparsity)
    {
        var layers = shape.Parameters.Where(p => p.Count > 0 && p.Dims.Count > 1).ToList();
        if (layers.Count == 0)
        {
            return;
        }

        var levels = ErdosRenyi.WithKernel(layers, sparsity);
        var densities = levels.Select(l => 1 - l).ToList();

        Assert.All(levels, l => Assert.InRange(l, 0, 1 - 1e-17));
        Assert.Equal(layers.Sum(l => l.Count) * (1 - sparsity.Value), layers.Zip(densities).Sum(l => l.First.Count * l.Second), 1e-6 * layers.Sum(l => l.Count));
        var open = layers.Zip(densities).Where(l => l.Second is < 1 and > 1e-6).Select(l => l.Second / (l.First.Dims.Sum() / (double)l.First.Count)).ToList();
        Assert.True(open.Count == 0 || open.Max() - open.Min() <= 1e-6 * open.Max(), "layers that are not full differ in scale");
    }

    /// <summary>
    /// The levels in the tests of jaxpruner, to the two digits that they have; its layers are written inputs first, and kernels before them. At 0.8 it keeps 16 of the 74 weights, since it
    /// rounds each layer before it shares them out; here the total is met.
    /// </summary>
    [Theory]
    [InlineData(0.5, true, 1, 0, 0.31, 0.655)]
    [InlineData(0.5, false, 1, 0.21, 0.47, 0.56)]
    [InlineData(58.0 / 74, true, 1, 0.556, 0.70, 0.85)]
    [InlineData(0.5, true, 2, 0, 0.033, 0.758)]
    public void Levels_OfPublishedExamples_AreTheirs(double sparsity, bool hasKernel, double power, double a, double b, double c)
    {
        ParameterShape[] layers = [Layer("a", 4, 2), Layer("b", 6, 3), Layer("c", 6, 4, 2)];
        var levels = hasKernel ? ErdosRenyi.WithKernel(layers, new Sparsity(sparsity), power) : ErdosRenyi.WithoutKernel(layers, new Sparsity(sparsity), power);
        Assert.All(levels.Zip([a, b, c]), l => Assert.InRange(l.First, l.Second - 0.005, l.Second + 0.005));
    }

    private static ParameterShape Layer(string name, params long[] dims) => new($"{name}.weight", LayerKind.Linear, isBias: false, dims.ToValueList());
}
