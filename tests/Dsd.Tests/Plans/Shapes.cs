using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Tests.Plans;

/// <summary>Networks that several tests plan for.</summary>
internal static class Shapes
{
    /// <summary>Caffe's LeNet-5: 431,080 parameters.</summary>
    public static ModelShape LeNet5 { get; } = ModelShape.Empty
        .Convolution("conv1", 1, 20, 5)
        .Convolution("conv2", 20, 50, 5)
        .Linear("fc1", 800, 500)
        .Linear("fc2", 500, 10);

    /// <summary>One of everything: an embedding, two convolutions, a norm, a recurrent layer, a tied head, an empty layer, a scalar and an own matrix.</summary>
    public static ModelShape Zoo { get; } = ModelShape.Empty
        .With(new ParameterShape("emb.weight", LayerKind.Embedding, false, [10, 4]))
        .Convolution("stem", 1, 4, 3)
        .BatchNorm("bn", 4)
        .Convolution("body.conv", 4, 4, 3, bias: false)
        .With(
            new ParameterShape("lstm.weight_ih_l0", LayerKind.Recurrent, false, [16, 4]),
            new ParameterShape("lstm.weight_hh_l0", LayerKind.Recurrent, false, [16, 4]),
            new ParameterShape("lstm.bias_ih_l0", LayerKind.Recurrent, true, [16]),
            new ParameterShape("lstm.bias_hh_l0", LayerKind.Recurrent, true, [16]))
        .Linear("fc", 4, 10)
        .With(
            new ParameterShape("twin.weight", LayerKind.Linear, false, [10, 4], "fc.weight"),
            new ParameterShape("head.weight", LayerKind.Linear, false, [10, 4], "emb.weight"))
        .Linear("empty", 0, 3)
        .With(
            new ParameterShape("scale", LayerKind.Other, false, []),
            new ParameterShape("own.matrix", LayerKind.Other, false, [5, 5]));
}
