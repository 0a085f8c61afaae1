using Dsd.Masks;
using Dsd.Plans;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>Watches one training at every call, and checks the laws that hold between them.</summary>
internal sealed class TrainingWatch
{
    private readonly Plan _plan;
    private readonly nn.Module _model;
    private readonly optim.Optimizer _optimizer;
    private readonly ITrainingLoop _loop;
    private readonly Findings _findings;
    private readonly string[] _objects;
    private readonly PrunedValues _pruned = new();
    private readonly MaskWatch _masks;
    private readonly WeightWatch _weights;
    private readonly StraightWatch _straight;
    private readonly HashSet<(string Parameter, int Index)> _fresh = [];
    private LiveState _before;
    private LiveState? _stepped;
    private Dictionary<string, BitMask> _masksBefore = [];
    private Dictionary<string, float[]> _gradients = [];
    private Dictionary<string, float[]> _slopes = [];
    private SeenStep? _step;

    public TrainingWatch(Plan plan, nn.Module model, optim.Optimizer optimizer, ITrainingLoop loop, Findings findings, MaskMethods methods)
    {
        (_plan, _model, _optimizer, _loop, _findings) = (plan, model, optimizer, loop, findings);
        (_masks, _weights, _straight) = (new(findings, methods, _pruned), new(plan, _pruned, findings), new(_pruned, findings));
        _objects = Objects();
        _before = LiveState.Of(model, optimizer);
        _weights.Ended("", _before.Weights);
    }

    /// <summary>True once a law is broken: what follows is its consequence.</summary>
    public bool IsOver => _findings.Broken is not null;

    private bool IsStraight => _step!.Phase.Phase.StraightThrough is not null && _step.Masks.Count > 0;

    public void BeforeBegin()
    {
        _before = LiveState.Of(_model, _optimizer);
        _masksBefore = new(_loop.Masks);
    }

    public void Begun(long step, bool goesOn)
    {
        if (!_findings.Check(TrainingLaws.Steps, goesOn == (step < _plan.TotalSteps), () => $"{_plan.TotalSteps} steps", () => goesOn ? "more" : $"{step}") || !goesOn)
        {
            return;
        }

        var was = _step?.Phase;
        var now = _step = new SeenStep(step, _plan.PhaseAt(step), was, _before, LiveState.Of(_model, _optimizer), _masksBefore, new(_loop.Masks));
        if (now.IsEntry && was is not null)
        {
            _weights.Ended(was.Phase.Name, _before.Weights);
        }

        var rate = _plan.RateAt(step);
        _findings.Check(TrainingLaws.Rate, _optimizer.ParamGroups.All(g => g.LearningRate == rate), () => FormattableString.Invariant($"{rate:R} at step {step}"), () => FormattableString.Invariant($"{_optimizer.ParamGroups.First().LearningRate:R}"));
        _masks.Begun(now, _gradients);
        if (IsOver)
        {
            return;
        }

        foreach (var (name, mask) in now.Masks)
        {
            _pruned.Remember(now, name, mask);
        }

        // Which weights are trained is chosen with the masks, before any return.
        _straight.Begun(now);
        _weights.Begun(now);

        // What was regrown here trains from this step on.
        _fresh.Clear();
        foreach (var (name, before) in _masksBefore)
        {
            var mask = now.Masks.GetValueOrDefault(name);
            _fresh.UnionWith(Enumerable.Range(0, (int)before.Count).Where(i => !before[i] && mask?[i] != false).Select(i => (name, i)));
        }
    }

    public void BeforeMasking() => _gradients = Gradients();

    public void GradientsMasked()
    {
        _slopes = Gradients();
        foreach (var (name, values) in _slopes)
        {
            // Where pruned weights are trained straight-through, their gradients stay.
            var mask = _step!.Masks.GetValueOrDefault(name);
            for (var i = 0; i < values.Length && !IsOver && (mask is null || !IsStraight); i++)
            {
                CheckGradient(name, i, mask?[i] == false, _gradients[name][i], values[i]);
            }
        }

        if (IsStraight && !IsOver)
        {
            _straight.Masked(_step!, LiveState.Of(_model, _optimizer).Weights, _gradients, _slopes);
        }
    }

    public void Stepped()
    {
        _stepped = LiveState.Of(_model, _optimizer);
        if (IsStraight && !IsOver)
        {
            _straight.Stepped(_step!, _stepped.Weights, _slopes);
        }
    }

    public void Ended(long step)
    {
        _findings.Check(TrainingLaws.SameObjects, Objects().SequenceEqual(_objects), () => "the parameters as they were, by object, name, shape and type", () => $"another {string.Join(", ", Objects().Except(_objects).Select(o => o.Split(' ')[0]))} after step {step}");
        if (IsOver)
        {
            return;
        }

        var now = LiveState.Of(_model, _optimizer).Weights;
        foreach (var (name, values) in now)
        {
            var mask = _step!.Masks.GetValueOrDefault(name);
            for (var i = 0; i < values.Length && !IsOver; i++)
            {
                if (mask?[i] == false)
                {
                    _weights.CheckZero(name, i, values[i], $"after step {step}");
                }
                else
                {
                    var (was, value) = (_stepped!.Weights[name][i], values[i]);
                    _findings.Check(mask is null ? TrainingLaws.OthersUntouched : TrainingLaws.KeptUntouched, LiveState.SameBits(was, value), () => FormattableString.Invariant($"{was:R} at {name}[{i}], as the optimiser left it in step {step}"), () => FormattableString.Invariant($"{value:R}"));
                }
            }
        }

        // Only weights whose gradient is no rounding error must move: the optimiser may round away the rest.
        var pushed = IsStraight ? [] : _fresh.Where(f => _gradients.TryGetValue(f.Parameter, out var g) && Math.Abs(g[f.Index]) > 1e-4f).ToList();
        if (pushed.Count > 0 && !IsOver)
        {
            _findings.Check(TrainingLaws.Moves, pushed.Exists(f => now[f.Parameter][f.Index] != _step!.Begun.Weights[f.Parameter][f.Index]), () => $"one of {pushed.Count} regrown weights with a gradient moves in step {step}", () => "none");
        }
    }

    private void CheckGradient(string name, int i, bool isMasked, float was, float value)
    {
        if (isMasked)
        {
            _findings.Check(TrainingLaws.Gradients, value == 0, () => $"0 at {name}[{i}] after MaskGradients", () => FormattableString.Invariant($"{value:R}"));
        }
        else
        {
            _findings.Check(TrainingLaws.OtherGradients, LiveState.SameBits(was, value), () => FormattableString.Invariant($"{was:R} at {name}[{i}], as the backward pass left it"), () => FormattableString.Invariant($"{value:R}"));
        }
    }

    private Dictionary<string, float[]> Gradients()
    {
        using var scope = NewDisposeScope();
        return _model.named_parameters().Where(p => p.parameter.grad is not null).ToDictionary(p => p.name, p => LiveState.Values(p.parameter.grad!));
    }

    private string[] Objects() => [.. _model.named_parameters().Select(p => $"{p.name} {p.parameter.Handle} {string.Join('×', p.parameter.shape)} {p.parameter.dtype} {p.parameter.requires_grad}")];
}
