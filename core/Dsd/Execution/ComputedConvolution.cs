using Dsd.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>The computation of a convolution.</summary>
internal sealed class ComputedConvolution(Computation computation, string name, Convolution layer) : ComputedModule(computation, name, layer)
{
    // Kept, since TorchSharp does not keep arguments alive while libtorch reads them; it makes one for a sum, too.
    private static readonly Scalar s_one = 1;
    private Tensor? _input;

    /// <summary>
    /// Strided kernels of size 1 are first made dense by oneDNN; if channels are no multiple of its block of
    /// 16, it then writes past the end of a buffer, and the process crashes later.
    /// </summary>
    protected override bool IsUnsafe =>
        layer.kernel_size.All(k => k == 1) && layer.stride.Any(s => s > 1) && (layer.in_channels / layer.groups % 16 != 0 || layer.out_channels / layer.groups % 16 != 0);

    // Only these are rewritten as a matrix product.
    private bool HasOwnForm => layer is Conv2d && layer.padding is not null && layer.padding_mode == PaddingModes.Zeros && layer.padding_type is null;

    private static Tensor ChannelsLast(Tensor input)
    {
        if (input.stride(1) == 1)
        {
            return input;
        }

        if (input.size(1) > 1)
        {
            return input.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        }

        // One channel has the same memory order in both layouts; its stride tells libtorch which is meant.
        return input.requires_grad ? input : input.contiguous().as_strided(input.shape, [input.size(2) * input.size(3), 1, input.size(3), 1]);
    }

    protected override string Settings() =>
        $"{Text(layer.stride)} {Text(layer.padding)} {Text(layer.dilation)} {Text(layer.output_padding)} {layer.groups} {layer.padding_mode} {layer.padding_type} {layer.bias is not null}";

    protected override Tensor InLayout(Tensor input) => Computation.IsChannelsLast && layer is Conv2d && input.dim() == 4 ? ChannelsLast(input) : input;

    protected override Tensor EnterOwnKernels(Tensor input)
    {
        if (!HasOwnForm || input.dim() != 4)
        {
            Computation.UseOwnKernels($"the fast kernel of {Name} is wrong here");
            return Widen(input);
        }

        // The layer itself then computes only one example, for the size of its output, and without the faulty kernel.
        OneDnn.Use(false);
        Computation.Note($"{Name} in fp32 by libtorch's own kernels: the fast kernel is wrong here");
        _input = Widen(input);
        return _input.narrow(0, 0, Math.Min(1, _input.size(0)));
    }

    protected override Tensor LeaveOwnKernels(Tensor output)
    {
        if (_input is null)
        {
            return output;
        }

        var product = AsProduct(_input, output);
        _input = null;
        OneDnn.Use(Computation.UsesOneDnn);
        Computation.SetAutocast(true);
        return product;
    }

    /// <summary>Computes the convolution as a product of the kernels with the unfolded image, without any kernel of oneDNN.</summary>
    private Tensor AsProduct(Tensor input, Tensor outputOfOne)
    {
        var groups = layer.groups;
        var (inputs, weights) = (input.chunk(groups, 1), layer.weight.chunk(groups, 0));
        var products = inputs.Zip(weights).Select(pair =>
            pair.Second.flatten(1).matmul(nn.functional.unfold(pair.First, Pair(layer.kernel_size), Pair(layer.dilation), Pair(layer.padding!), Pair(layer.stride))));
        var output = cat([.. products], 1).view(input.size(0), layer.out_channels, outputOfOne.size(2), outputOfOne.size(3));
        return layer.bias is { } bias ? output.add(bias.view(-1, 1, 1), s_one) : output;
    }

    private static (long, long) Pair(long[] values) => (values[0], values[^1]);

    private static string Text(long[]? values) => values is null ? "" : string.Join('x', values);
}
