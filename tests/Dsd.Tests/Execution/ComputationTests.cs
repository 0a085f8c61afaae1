using Dsd.Execution;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Torch;
using Dsd.Training;
using FsCheck.Xunit;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Tests.Training;

public sealed class ComputationTests
{
    private const double Fp32 = 1e-4;
    private const double Bf16 = 0.05;

    [Property(MaxTest = 20)]
    [Trait("Tier", "slow")]
    public void Backward_AnyConvolutions_GivesTheGradientsOfDoublePrecision(int seed)
    {
        manual_seed(seed);
        var random = new Random(seed);
        var channels = random.Next(1, 36);
        var layers = new List<(string, nn.Module<Tensor, Tensor>)>();
        var inputs = channels;
        for (var i = 0; i < 2; i++)
        {
            var groups = random.Next(4) == 0 ? 2 : 1;
            inputs = i == 0 ? channels *= groups : inputs;
            groups = inputs % groups == 0 ? groups : 1;
            var outputs = groups * random.Next(1, 40);
            var kernel = random.Next(3) == 0 ? 1 : random.Next(1, 4);
            layers.Add(($"conv{i}", nn.Conv2d(inputs, outputs, kernel, stride: random.Next(1, 3), padding: random.Next(0, 2), dilation: random.Next(1, 3), groups: groups, bias: random.Next(2) == 0)));
            layers.Add(($"act{i}", nn.Tanh()));
            inputs = outputs;
        }

        using var net = nn.Sequential(layers);
        using var input = randn(random.Next(1, 12), channels, random.Next(14, 19), random.Next(14, 19));
        var layout = (MemoryLayout)random.Next(3);
        AssertRight(net, x => net.call(x), input, Precision.Fp32, Fp32, layout);
        AssertRight(net, x => net.call(x), input, Precision.Bf16, Bf16, layout);
    }

    [Theory]
    [InlineData(33, 17)]
    [InlineData(50, 50)]
    [InlineData(64, 32)]
    [Trait("Tier", "slow")]
    public void Backward_Recurrent_GivesTheGradientsOfDoublePrecision(int features, int hidden)
    {
        using var lstm = nn.LSTM(features, hidden, 2);
        using var gru = nn.GRU(features, hidden);
        using var input = randn(9, 5, features);
        AssertRight(lstm, x => lstm.call(x).Item1, input, Precision.Fp32, Fp32);
        AssertRight(lstm, x => lstm.call(x).Item1, input, Precision.Bf16, Bf16);
        AssertRight(gru, x => gru.call(x).Item1, input, Precision.Fp32, Fp32);
        AssertRight(gru, x => gru.call(x).Item1, input, Precision.Bf16, Bf16);
    }

    [Fact]
    public void Backward_LayersThatNoLayoutIsKnownFor_GivesTheGradientsOfDoublePrecision()
    {
        using var line = nn.Sequential(("conv", nn.Conv1d(5, 20, 3)), ("act", nn.Tanh()), ("next", nn.Conv1d(20, 7, 3)));
        using var space = nn.Sequential(("conv", nn.Conv3d(5, 20, 3)), ("act", nn.Tanh()), ("next", nn.Conv3d(20, 7, 1)));
        using var back = nn.Sequential(("conv", nn.ConvTranspose2d(5, 20, 3)), ("act", nn.Tanh()), ("next", nn.ConvTranspose2d(20, 7, 3)));
        foreach (var (precision, tolerance) in new[] { (Precision.Fp32, Fp32), (Precision.Bf16, Bf16) })
        {
            AssertRight(line, x => line.call(x), randn(9, 5, 12), precision, tolerance);
            AssertRight(space, x => space.call(x), randn([9, 5, 6, 6, 6]), precision, tolerance);
            AssertRight(back, x => back.call(x), randn(9, 5, 6, 6), precision, tolerance);
        }
    }

    [Fact]
    public void Backward_ConvolutionWithoutALayer_IsLeftToOwnKernelsAndSaidSo()
    {
        using var net = new OwnConvolution();
        AssertRight(net, x => net.call(x), randn(9, 5, 8, 8), Precision.Fp32, Fp32);
        using var computation = new Computation(net);
        if (OneDnn.IsSwitched)
        {
            Assert.Contains("kernels: filter belongs to no layer that could be checked", computation.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Computation_ParametersAndGradients_AreTheSameObjectsAnd32Bit()
    {
        using var net = nn.Sequential(("conv", nn.Conv2d(3, 16, 3)), ("norm", nn.BatchNorm2d(16)), ("act", nn.ReLU()));
        var before = net.named_parameters().Select(p => (p.name, p.parameter.Handle, string.Join('x', p.parameter.shape), string.Join('x', p.parameter.stride()))).ToList();
        foreach (var precision in Enum.GetValues<Precision>())
        {
            net.zero_grad();
            using var computation = new Computation(net, precision);
            using var loss = computation.Backward(() => net.call(randn(8, 3, 8, 8)).square().mean());
            Assert.Equal(before, net.named_parameters().Select(p => (p.name, p.parameter.Handle, string.Join('x', p.parameter.shape), string.Join('x', p.parameter.stride()))));
            Assert.All(net.parameters(), p => Assert.Equal((ScalarType.Float32, ScalarType.Float32), (p.dtype, p.grad!.dtype)));
            Assert.All(net.parameters(), p => Assert.True(p.grad!.is_contiguous()));
            Assert.All(net.buffers(), b => Assert.NotEqual(ScalarType.BFloat16, b.dtype));
        }
    }

    [Fact]
    public void Dispose_ModelComputesAsBefore_BitForBit()
    {
        using var net = nn.Sequential(("conv", nn.Conv2d(3, 16, 3)), ("flat", nn.Flatten()), ("fc", nn.Linear(16 * 36, 4)));
        using var x = randn(8, 3, 8, 8);
        using var before = net.call(x);
        using (var computation = new Computation(net, Precision.Bf16))
        {
            using var during = computation.Forward(() => net.call(x));
            Assert.Equal(ScalarType.BFloat16, during.dtype);
            using var outside = net.call(x);
            Assert.True(before.equal(outside).all().item<bool>());
        }

        using var after = net.call(x);
        Assert.True(before.equal(after).all().item<bool>());
    }

    [Fact]
    public void Forward_ALayerThrows_NothingStaysSwitched()
    {
        using var net = nn.Sequential(("conv", nn.Conv2d(3, 16, 3)), ("fc", nn.Linear(6, 4)));
        using var computation = new Computation(net, Precision.Bf16);
        using var x = randn(8, 2, 8, 8);
        Assert.ThrowsAny<Exception>(() => computation.Forward(() => net.call(x)));
        Assert.False(computation.IsComputing);
        using var product = randn(3, 3).matmul(randn(3, 3));
        Assert.Equal(ScalarType.Float32, product.dtype);
    }

    [Fact]
    public void Checks_LeaveTheRandomGeneratorAndGradientsAlone()
    {
        using var net = nn.Sequential(("conv", nn.Conv2d(3, 11, 3)), ("drop", nn.Dropout(0.5)), ("flat", nn.Flatten()), ("fc", nn.Linear(11 * 36, 3)));
        manual_seed(3);
        using var expected = rand(4);
        manual_seed(3);
        using (var computation = new Computation(net, Precision.Bf16))
        {
            computation.Prepare(() => net.call(ones(8, 3, 8, 8)));
        }

        using var got = rand(4);
        Assert.True(expected.equal(got).all().item<bool>());
        Assert.All(net.parameters(), p => Assert.Null(p.grad));
        Assert.True(net.training);
    }

    [Fact]
    public void Computation_Bf16OnADeviceWithoutIt_IsRefusedBeforeAnythingHappens()
    {
        using var net = nn.Linear(3, 4, device: new Device(DeviceType.META));
        var refused = Assert.Throws<DsdException>(() => new Computation(net, Precision.Bf16));
        Assert.Contains("offered on the CPU and on CUDA, but the model is on meta", refused.Message, StringComparison.Ordinal);
    }

    [Property(MaxTest = 15)]
    [Trait("Tier", "slow")]
    public void Trainer_Bf16_MaskedWeightsAreZeroAndTheRecordSaysIt(int seed)
    {
        var c = new ToyCase(seed);
        using var net = c.Net();
        var plan = c.Schedule().On(net, 5, ToyCase.Methods);
        var record = Trainer.Run(plan, net, c.Task(), new TrainerSettings(c.Seed, c.Optimizer, methods: ToyCase.Methods, precision: Precision.Bf16));
        Assert.StartsWith("bf16", record.Start!.Computation, StringComparison.Ordinal);
        foreach (var phase in record.Phases.Where(p => p.Masks.Count > 0))
        {
            Assert.All(phase.End!.Layers, l => Assert.True(l.NonZero <= l.Kept));
        }

        Assert.All(net.parameters(), p => Assert.Equal(ScalarType.Float32, p.dtype));
    }

    /// <summary>Output and gradients agree with double precision, although free memory is full of NaN.</summary>
    private static void AssertRight(nn.Module net, Func<Tensor, Tensor> forward, Tensor input, Precision precision, double tolerance, MemoryLayout layout = MemoryLayout.Automatic)
    {
        using var scope = NewDisposeScope();
        net.zero_grad();
        using var computation = new Computation(net, precision, layout);
        var x = input.detach().clone().requires_grad_();
        Soil();
        Tensor? output = null;
        computation.Backward(() =>
        {
            output = forward(x).to(ScalarType.Float32);
            Soil();
            return output.square().sum();
        });
        List<Tensor> ours = [output!.detach(), x.grad!.clone(), .. net.parameters().Select(p => p.grad!.clone())];

        net.zero_grad();
        net.to(ScalarType.Float64);
        var exactX = input.detach().to(ScalarType.Float64).requires_grad_();
        var exact = forward(exactX);
        exact.square().sum().backward();
        List<Tensor> right = [exact.detach(), exactX.grad!.clone(), .. net.parameters().Select(p => p.grad!.clone())];
        net.to(ScalarType.Float32);
        foreach (var (a, b) in right.Zip(ours))
        {
            var error = (a - b.to(ScalarType.Float64)).norm().ToDouble() / Math.Max(a.norm().ToDouble(), 1e-6);
            Assert.True(error < tolerance, $"relative error {error} in {precision}, {layout}: {computation.Description}");
        }
    }

    /// <summary>Leaves numbers that no kernel should ever read in memory that was freed.</summary>
    private static void Soil()
    {
        for (var size = 256L; size < 1 << 22; size <<= 1)
        {
            using var first = full(size, float.NaN);
            using var second = full(size, float.NaN);
        }
    }

    private sealed class OwnConvolution : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d _conv = nn.Conv2d(5, 20, 3);

        public OwnConvolution()
            : base("own")
        {
            register_module("conv", _conv);
            register_parameter("filter", nn.Parameter(randn(7, 20, 3, 3)));
        }

        public override Tensor forward(Tensor input) => nn.functional.conv2d(_conv.call(input).tanh(), get_parameter("filter")!);
    }
}
