using Dsd.Masks;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>TorchSharp's <see cref="SGD"/> with a fused step: weights, momentum and mask in one pass over all parameters.</summary>
/// <remarks>
/// <para>A session created with it passes on its masks: masked weights are then treated as having no gradient and are exactly +0
/// after the step. Without a session it is plain stochastic gradient descent, as fast.</para>
/// <para><see cref="OptimizerHelper.zero_grad"/> sets gradients to none instead of filling them with zeros, as PyTorch does: a
/// parameter that the next backward pass does not reach is left alone by the step.</para>
/// </remarks>
public sealed class MaskedSgd : SGD, IMaskedOptimizer, IRecordableOptimizer
{
    private readonly MaskedPass<SgdRule> _pass = new(Prepare);

    /// <summary>Creates an optimiser with one parameter group.</summary>
    /// <param name="parameters">The parameters to train.</param>
    /// <param name="rate">The learning rate, at least 0; a session sets it before each step.</param>
    /// <param name="momentum">At least 0. Default 0.</param>
    /// <param name="dampening">How much of each gradient momentum leaves out. Default 0.</param>
    /// <param name="weightDecay">At least 0, added to the gradient. Default 0.</param>
    /// <param name="nesterov">Whether momentum looks ahead; needs momentum and no dampening. Default false.</param>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    public MaskedSgd(IEnumerable<Parameter> parameters, double rate, double momentum = 0, double dampening = 0, double weightDecay = 0, bool nesterov = false)
        : base(parameters, rate, momentum, dampening, weightDecay, nesterov)
    {
    }

    /// <summary>Creates an optimiser with several parameter groups, whose own options take precedence over those given here.</summary>
    /// <param name="groups">The groups; no parameter is in two.</param>
    /// <param name="rate">The learning rate, at least 0; a session keeps the ratios of the groups' rates.</param>
    /// <param name="momentum">At least 0. Default 0.</param>
    /// <param name="dampening">How much of each gradient momentum leaves out. Default 0.</param>
    /// <param name="weightDecay">At least 0, added to the gradient. Default 0.</param>
    /// <param name="nesterov">Whether momentum looks ahead; needs momentum and no dampening. Default false.</param>
    /// <exception cref="ArgumentException">A value is outside its range, or a parameter is in two groups.</exception>
    public MaskedSgd(IEnumerable<SGD.ParamGroup> groups, double rate, double momentum = 0, double dampening = 0, double weightDecay = 0, bool nesterov = false)
        : base(groups, rate, momentum, dampening, weightDecay, nesterov)
    {
    }

    /// <summary>The pass behind the step, for tests.</summary>
    internal MaskedPass<SgdRule> Pass => _pass;

    Parameter? IMaskedOptimizer.NonFinite => _pass.NonFinite;

    void IMaskedOptimizer.Follow(MaskSet masks) => _pass.Follow(masks);

    string? IRecordableOptimizer.Obstacle => _pass.Obstacle;

    bool IRecordableOptimizer.Renew() => _pass.Renew();

    void IRecordableOptimizer.LaunchRenewed() => _pass.LaunchRenewed();

    /// <inheritdoc/>
    /// <exception cref="DsdException">A group sets maximize.</exception>
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

    private static PassMove<SgdRule> Prepare(PassTarget target)
    {
        var (options, state) = ((Options)target.Options, (State)target.State);
        if (options.maximize == true)
        {
            throw new DsdException("MaskedSgd does not offer maximize: negate the loss instead.");
        }

        var momentum = options.momentum!.Value;
        var isFirst = momentum != 0 && state.momentum_buffer is null;
        if (isFirst)
        {
            state.momentum_buffer = empty_like(target.Parameter).DetachFromDisposeScope();
        }

        var rule = new SgdRule(options.LearningRate!.Value, momentum, options.dampening!.Value, options.weight_decay!.Value, options.nesterov!.Value, isFirst);
        return new(rule, momentum != 0 ? state.momentum_buffer : null, null);
    }
}
