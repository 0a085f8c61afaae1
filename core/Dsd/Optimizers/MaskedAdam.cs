using Dsd.Masks;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>TorchSharp's <see cref="Adam"/> with a fused step: weights, moments and mask in one pass over all parameters.</summary>
/// <remarks>
/// <para>A session created with it passes on its masks: masked weights are then treated as having no gradient and are exactly +0
/// after the step. Without a session it is plain Adam, as fast. The variant of Reddi et al. (2018), amsgrad, is not offered.</para>
/// <para><see cref="OptimizerHelper.zero_grad"/> sets gradients to none instead of filling them with zeros, as PyTorch does: a
/// parameter that the next backward pass does not reach is left alone by the step.</para>
/// </remarks>
public sealed class MaskedAdam : Adam, IMaskedOptimizer, IRecordableOptimizer
{
    private readonly MaskedPass<AdamRule> _pass = new(Prepare);

    /// <summary>Creates an optimiser with one parameter group.</summary>
    /// <param name="parameters">The parameters to train.</param>
    /// <param name="rate">The learning rate, at least 0; a session sets it before each step. Default 0.001.</param>
    /// <param name="beta1">How much of the running mean of gradients stays, in [0, 1). Default 0.9.</param>
    /// <param name="beta2">How much of the running mean of their squares stays, in [0, 1). Default 0.999.</param>
    /// <param name="eps">What is added to the root of the latter, at least 0. Default 1e-8.</param>
    /// <param name="weightDecay">At least 0, added to the gradient. Default 0.</param>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    public MaskedAdam(IEnumerable<Parameter> parameters, double rate = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weightDecay = 0)
        : base(parameters, rate, beta1, beta2, eps, weightDecay)
    {
    }

    /// <summary>Creates an optimiser with several parameter groups, whose own options take precedence over those given here.</summary>
    /// <param name="groups">The groups; no parameter is in two.</param>
    /// <param name="rate">The learning rate, at least 0; a session keeps the ratios of the groups' rates. Default 0.001.</param>
    /// <param name="beta1">How much of the running mean of gradients stays, in [0, 1). Default 0.9.</param>
    /// <param name="beta2">How much of the running mean of their squares stays, in [0, 1). Default 0.999.</param>
    /// <param name="eps">What is added to the root of the latter, at least 0. Default 1e-8.</param>
    /// <param name="weightDecay">At least 0, added to the gradient. Default 0.</param>
    /// <exception cref="ArgumentException">A value is outside its range, or a parameter is in two groups.</exception>
    public MaskedAdam(IEnumerable<Adam.ParamGroup> groups, double rate = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weightDecay = 0)
        : base(groups, rate, beta1, beta2, eps, weightDecay)
    {
    }

    /// <summary>The pass behind the step, for tests.</summary>
    internal MaskedPass<AdamRule> Pass => _pass;

    Parameter? IMaskedOptimizer.NonFinite => _pass.NonFinite;

    void IMaskedOptimizer.Follow(MaskSet masks) => _pass.Follow(masks);

    string? IRecordableOptimizer.Obstacle => _pass.Obstacle;

    bool IRecordableOptimizer.Renew() => _pass.Renew();

    void IRecordableOptimizer.LaunchRenewed() => _pass.LaunchRenewed();

    /// <inheritdoc/>
    /// <exception cref="DsdException">A group sets amsgrad or maximize.</exception>
    public override Tensor? step(Func<Tensor>? closure = null) => _pass.Step(closure);

    /// <inheritdoc/>
    public override void zero_grad() => _pass.DropGradients();

    /// <inheritdoc/>
    public override void add_param_group(TorchSharp.Modules.ParamGroup param_group) =>
        _pass.Add(param_group, base.add_param_group, handle => _state[handle]);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pass.Dispose();
        }

        base.Dispose(disposing);
    }

    private static PassMove<AdamRule> Prepare(PassTarget target)
    {
        var (options, state) = ((Options)target.Options, (State)target.State);
        if (options.maximize == true || options.amsgrad == true)
        {
            throw new DsdException("MaskedAdam offers neither amsgrad nor maximize: use TorchSharp's Adam, or negate the loss.");
        }

        state.step++;
        var rule = new AdamRule(
            options.LearningRate!.Value, options.beta1!.Value, options.beta2!.Value, options.eps!.Value, options.weight_decay!.Value, decoupled: false, state.step);
        return new(rule, state.exp_avg, state.exp_avg_sq);
    }
}
