using Dsd.Execution;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Spectral training of a whole network: its linear layers become <see cref="SpectralLinear"/> layers, and ordinary ones again afterwards.</summary>
/// <remarks>
/// <para>Layers are exchanged in place in a <c>Sequential</c>, a <c>ModuleList</c> or <c>ModuleDict</c>, in the image networks of this library, and in modules
/// of your own that hold them in a field, list or dictionary whose type takes any <c>Module&lt;Tensor, Tensor&gt;</c>; names and order stay. Where that is not
/// possible, no layer is changed, and the error names those in the way. Make the plan, the optimiser and the session afterwards.</para>
/// Sources: Giambagli, Buffoni, Carletti, Nocentini and Fanelli, "Machine learning in spectral domain", Nature Communications 12:1330, 2021; Chicchi,
/// Giambagli, Buffoni, Carletti, Ciavarella and Fanelli, "Training of sparse and dense deep neural networks: fewer parameters, same performance", Physical
/// Review E 104:054312, 2021.
/// </remarks>
public static class Spectral
{
    /// <summary>Turns a network's linear layers into spectral ones; it computes the same bits as before.</summary>
    /// <param name="model">The network, on any device. A linear layer whose weight needs no gradient stays as it is. The old layers are disposed.</param>
    /// <param name="trained">The parameters of these layers that are trained, besides biases.</param>
    /// <returns>The same network.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trained"/> is none of the enumeration's combinations.</exception>
    /// <exception cref="DsdException">The network has no linear layer that is trained, is itself one, a layer shares a tensor, or it cannot be exchanged.</exception>
    public static T Transform<T>(T model, SpectralTraining trained)
        where T : nn.Module
    {
        ArgumentNullException.ThrowIfNull(model);
        SpectralLinear.Checked(trained);
        if (model is Linear)
        {
            throw new DsdException($"The network is itself a linear layer, which cannot be exchanged in place. Use {nameof(SpectralLinear)}.{nameof(SpectralLinear.From)}.");
        }

        var layers = Leaves.Of(model).Where(l => l.Layer is Linear { weight.requires_grad: true }).ToList();
        if (layers.Count == 0)
        {
            throw new DsdException($"{model.GetName()} has no linear layer that is trained, so there is nothing to turn into a spectral layer.");
        }

        var names = layers.Select(l => l.Name).ToHashSet();
        var shared = ModelInspection.ShapeOf(model).Parameters.Where(p => p.SharedWith is { } owner && (names.Contains(p.Layer) || names.Contains(LayerOf(owner)))).ToList();
        if (shared.Count > 0)
        {
            throw new DsdException(
                $"{model.GetName()}: {string.Join("; ", shared.Select(p => $"{p.Name} is the same tensor as {p.SharedWith}"))}. A spectral layer's weights are computed from several tensors and cannot be shared with another layer. Untie them first.");
        }

        new LayerReplacement(model, layers.Select(l => (l.Name, (nn.Module<Tensor, Tensor>)l.Layer)), typeof(SpectralLinear))
            .Apply(layer => SpectralLinear.From((Linear)layer, trained));
        return model;
    }

    /// <summary>Turns a network's spectral layers into ordinary ones, so that the final network is an ordinary network; it computes the same bits.</summary>
    /// <param name="model">The network. The old layers are disposed.</param>
    /// <returns>The same network, whose linear layers are trained.</returns>
    /// <exception cref="DsdException">The network has no spectral layer, is itself one, or a layer cannot be exchanged.</exception>
    public static T ToLinear<T>(T model)
        where T : nn.Module
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model is SpectralLinear)
        {
            throw new DsdException($"The network is itself a spectral layer, which cannot be exchanged in place. Use its {nameof(SpectralLinear.ToLinear)}.");
        }

        var layers = Leaves.Of(model).Where(l => l.Layer is SpectralLinear).Select(l => (l.Name, (nn.Module<Tensor, Tensor>)l.Layer)).ToList();
        if (layers.Count == 0)
        {
            throw new DsdException($"{model.GetName()} has no spectral layer.");
        }

        new LayerReplacement(model, layers, typeof(Linear)).Apply(layer => ((SpectralLinear)layer).ToLinear());
        return model;
    }

    /// <summary>Computes the shape that a network has after <see cref="Transform{T}"/>; loads no native library.</summary>
    internal static ModelShape ShapeAfter(ModelShape shape, SpectralTraining trained) => new(shape.Parameters.SelectMany(p => p is { Kind: LayerKind.Linear, IsBias: false, Dims: [var outputs, var inputs] }
        ? (ParameterShape[])[
            new($"{p.Layer}.phi", LayerKind.Linear, isBias: !trained.HasFlag(SpectralTraining.Eigenvectors), p.Dims),
            new($"{p.Layer}.lambda_in", LayerKind.Linear, isBias: true, [inputs]),
            new($"{p.Layer}.lambda_out", LayerKind.Linear, isBias: true, [outputs])]
        : [p]).ToValueList());

    private static string LayerOf(string parameter) => parameter[..Math.Max(0, parameter.LastIndexOf('.'))];
}
