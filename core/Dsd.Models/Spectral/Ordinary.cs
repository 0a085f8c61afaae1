using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Ordinary linear layers with given weights.</summary>
internal static class Ordinary
{
    /// <summary>Creates a layer without drawing random numbers.</summary>
    /// <param name="weight">The weights, shape (outputs, inputs); copied.</param>
    /// <param name="bias">The bias, or null; copied.</param>
    /// <param name="training">True for training mode.</param>
    public static Linear Linear(Tensor weight, Tensor? bias, bool training)
    {
        using var state = get_rng_state();
        var layer = nn.Linear(weight.size(1), weight.size(0), bias is not null);
        set_rng_state(state);
        using var guard = no_grad();
        layer.to(weight.dtype).to(weight.device);
        layer.weight!.copy_(weight);
        if (bias is not null)
        {
            layer.bias!.copy_(bias);
        }

        layer.train(training);
        return layer;
    }
}
