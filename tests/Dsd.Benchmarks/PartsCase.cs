using Dsd.Execution;
using Dsd.Models;
using Dsd.Optimizers;
using Dsd.Runs;
using Dsd.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>What a step of ResNet-20 is made of: its layers of one kind alone, forward and backward, in % of a whole step.</summary>
/// <remarks>What libtorch's kernels take for the layers is the limit of what a choice of layout and precision can gain.</remarks>
internal static class PartsCase
{
    public static IEnumerable<Row> Rows(Bench bench)
    {
        using var workload = Workloads.ResNet20(bench.Effort);
        using var plain = new Variant(workload, Precision.Fp32, MemoryLayout.ChannelsFirst);
        using var last = new Variant(workload, Precision.Fp32, MemoryLayout.ChannelsLast);
        using var bf16 = new Variant(workload, Precision.Bf16, MemoryLayout.ChannelsLast);
        Variant[] variants = [plain, last, bf16];
        var timings = bench.Time([.. variants.SelectMany(v => v.Contenders())]);
        foreach (var (variant, times) in variants.Zip(timings.Chunk(4)))
        {
            yield return bench.Spread($"resnet-20 in {variant.Name}: step", times[0].Times(1e3), "ms");
            for (var part = 1; part < times.Length; part++)
            {
                var share = times[part].Over(times[0]);
                yield return bench.Spread($"resnet-20 in {variant.Name}: {times[part].Name}", new(100 * share.Low, 100 * share.Median, 100 * share.High), "% of a step");
            }
        }
    }

    /// <summary>One way to compute the network: a run of it, and its layers by kind with inputs of the shapes that they get.</summary>
    private sealed class Variant : IDisposable
    {
        private readonly DisposeScope _scope = NewDisposeScope();
        private readonly OurRun _run;
        private readonly nn.Module<Tensor, Tensor> _model;
        private readonly Computation _computation;
        private readonly List<Part> _convolutions = [];
        private readonly List<Part> _norms = [];
        private readonly List<Part> _rectifiers = [];

        public Variant(Workload workload, Precision precision, MemoryLayout layout)
        {
            var isLast = layout == MemoryLayout.ChannelsLast;
            Name = $"{(precision == Precision.Bf16 ? "bf16" : "fp32")}, channels {(isLast ? "last" : "first")}";
            _run = OurRun.InPhase(workload, sparse: true, new TrainerSettings(precision: precision, layout: layout));
            var type = precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
            _model = workload.Create();
            _model.train();
            var shape = workload.Inputs.shape;
            (shape[0], var isFirst) = (workload.Batch, true);
            foreach (var (_, module) in _model.named_modules())
            {
                if (module is Conv2d convolution)
                {
                    Add(_convolutions, convolution, isFirst);
                    shape = [shape[0], convolution.out_channels, shape[2] / convolution.stride[0], shape[3] / convolution.stride[0]];
                    isFirst = false;
                }
                else if (module is BatchNorm2d norm)
                {
                    Add(_norms, norm, isFirst: false);
                    Add(_rectifiers, nn.ReLU(inplace: false), isFirst: false);
                }
            }

            _computation = new Computation(_model, precision, layout);

            void Add(List<Part> parts, nn.Module<Tensor, Tensor> layer, bool isFirst)
            {
                var input = isLast ? randn(shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2) : randn(shape);
                input = input.to(isFirst ? ScalarType.Float32 : type);
                parts.Add(new(layer, isFirst ? input : input.requires_grad_()));
            }
        }

        public string Name { get; }

        public Contender[] Contenders() =>
        [
            _run.AsContender("step"),
            Of("convolutions", _convolutions),
            Of("batch norms", _norms),
            Of("rectifiers", _rectifiers),
        ];

        public void Dispose()
        {
            _computation.Dispose();
            _run.Dispose();
            _model.Dispose();
            _scope.Dispose();
        }

        private Contender Of(string name, List<Part> parts) => Contender.Repeated(name, () => _computation.Forward(() =>
        {
            parts.ForEach(p => p.ForwardAndBackward());
            return true;
        }));
    }

    /// <summary>A layer with an input, and from the first time on a gradient of its output.</summary>
    private sealed class Part(nn.Module<Tensor, Tensor> layer, Tensor input)
    {
        private Tensor? _gradient;

        public void ForwardAndBackward()
        {
            using var scope = NewDisposeScope();
            var output = layer.call(input);
            _gradient ??= randn_like(output, requires_grad: false).MoveToOtherDisposeScope(input);
            Tensor[] wanted = [.. layer.parameters(), .. input.requires_grad ? [input] : Array.Empty<Tensor>()];
            autograd.grad([output], wanted, [_gradient]);
        }
    }
}
