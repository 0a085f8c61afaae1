using Dsd.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>Makes live optimisers of their settings.</summary>
internal static class OptimizerSettingsExtensions
{
    /// <summary>Builds the optimiser for parameters; call it after the model is on its device.</summary>
    /// <param name="settings">Which optimiser, with which constants.</param>
    /// <param name="parameters">The parameters to train.</param>
    /// <param name="rate">The learning rate to start with, above 0; a session sets it before each step.</param>
    /// <returns>
    /// A <see cref="MaskedSgd"/>, <see cref="MaskedAdam"/> or <see cref="MaskedAdamW"/>, which are TorchSharp's with a step that
    /// holds masks by itself; TorchSharp's own RMSProp.
    /// </returns>
    public static optim.Optimizer Create(this OptimizerSettings settings, IEnumerable<Parameter> parameters, double rate)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Kind switch
        {
            OptimizerKind.Adam => new MaskedAdam(parameters, rate, settings.Beta1, settings.Beta2, settings.Epsilon, settings.WeightDecay),
            OptimizerKind.AdamW => new MaskedAdamW(parameters, rate, settings.Beta1, settings.Beta2, settings.Epsilon, settings.WeightDecay),
            OptimizerKind.RmsProp => optim.RMSProp(parameters, rate, settings.Alpha, settings.Epsilon, settings.WeightDecay, settings.Momentum, settings.Centered),
            _ => new MaskedSgd(parameters, rate, settings.Momentum, settings.Dampening, settings.WeightDecay, settings.Nesterov),
        };
    }
}
