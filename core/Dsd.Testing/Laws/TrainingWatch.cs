using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
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
    private readonly MaskMethods _methods;
    private readonly string[] _objects;
    private readonly Dictionary<string, float[]> _prunedValues = [];
    private readonly Dictionary<string, Dictionary<string, float[]>> _ends = [];
    private readonly HashSet<(string Parameter, int Index)> _fresh = [];
    private LiveState _before;
    private LiveState _begun;
    private LiveState? _stepped;
    private Dictionary<string, BitMask> _masksBefore = [];
    private Dictionary<string, BitMask> _masks = [];
    private Dictionary<string, float[]> _gradients = [];
    private PlannedPhase? _phase;

    public TrainingWatch(Plan plan, nn.Module model, optim.Optimizer optimizer, ITrainingLoop loop, Findings findings, MaskMethods methods)
    {
        (_plan, _model, _optimizer, _loop, _findings, _methods) = (plan, model, optimizer, loop, findings, methods);
        _objects = Objects();
        _before = _begun = LiveState.Of(model, optimizer);
        _ends[""] = _before.Weights;
    }

    /// <summary>True once a law is broken: what follows is its consequence.</summary>
    public bool IsOver => _findings.Broken is not null;

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

        _begun = LiveState.Of(_model, _optimizer);
        _masks = new(_loop.Masks);
        var (phase, was) = (_plan.PhaseAt(step), _phase);
        var isEntry = was is null || was.Index != phase.Index;
        if (isEntry && was is not null)
        {
            _ends[was.Phase.Name] = _before.Weights;
        }

        _phase = phase;
        var rate = _plan.RateAt(step);
        _findings.Check(TrainingLaws.Rate, _optimizer.ParamGroups.All(g => g.LearningRate == rate), () => FormattableString.Invariant($"{rate:R} at step {step}"), () => FormattableString.Invariant($"{_optimizer.ParamGroups.First().LearningRate:R}"));
        CheckMasks(step, isEntry);
        if (IsOver)
        {
            return;
        }

        if (isEntry && phase.Phase.Rewind is { } rewind)
        {
            CheckRewind(rewind, step);
            foreach (var (name, mask) in _masks)
            {
                RememberAll(name, mask, was, _before.Weights[name]);
                foreach (var i in rewind.OnlyKept ? [] : Indices(mask).Where(i => !mask[i]))
                {
                    // Pruned weights return too.
                    _prunedValues[name][i] = rewind.IsRedrawn ? float.NaN : _ends[rewind.Phase ?? ""][name][i];
                }
            }
        }
        else
        {
            CheckWeights(step, isEntry ? was : phase, isEntry);
        }

        // What was regrown here trains from this step on.
        _fresh.Clear();
        foreach (var (name, before) in _masksBefore)
        {
            var now = _masks.GetValueOrDefault(name);
            _fresh.UnionWith(Indices(before).Where(i => !before[i] && now?[i] != false).Select(i => (name, i)));
        }
    }

    public void BeforeMasking() => _gradients = Gradients();

    public void GradientsMasked()
    {
        // Where pruned weights are trained straight-through, their gradients stay.
        if (_phase!.Phase.StraightThrough is not null && _masks.Count > 0)
        {
            return;
        }

        foreach (var (name, now) in Gradients())
        {
            var mask = _masks.GetValueOrDefault(name);
            for (var i = 0; i < now.Length && !IsOver; i++)
            {
                if (mask?[i] == false)
                {
                    var value = now[i];
                    _findings.Check(TrainingLaws.Gradients, value == 0, () => $"0 at {name}[{i}] after MaskGradients", () => FormattableString.Invariant($"{value:R}"));
                }
                else
                {
                    var (was, value) = (_gradients[name][i], now[i]);
                    _findings.Check(TrainingLaws.OtherGradients, LiveState.SameBits(was, value), () => FormattableString.Invariant($"{was:R} at {name}[{i}], as the backward pass left it"), () => FormattableString.Invariant($"{value:R}"));
                }
            }
        }
    }

    public void Stepped() => _stepped = LiveState.Of(_model, _optimizer);

    public void Ended(long step)
    {
        _findings.Check(TrainingLaws.SameObjects, Objects().SequenceEqual(_objects), () => "the parameters as they were, by object, name, shape and type", () => $"another {string.Join(", ", Objects().Except(_objects).Select(o => o.Split(' ')[0]))} after step {step}");
        if (IsOver)
        {
            return;
        }

        var (now, straight) = (LiveState.Of(_model, _optimizer), _phase!.Phase.StraightThrough is not null);
        foreach (var (name, values) in now.Weights)
        {
            var mask = _masks.GetValueOrDefault(name);
            for (var i = 0; i < values.Length && !IsOver; i++)
            {
                if (mask?[i] == false)
                {
                    CheckZero(name, i, values[i], $"after step {step}");
                }
                else
                {
                    var (was, value) = (_stepped!.Weights[name][i], values[i]);
                    _findings.Check(mask is null ? TrainingLaws.OthersUntouched : TrainingLaws.KeptUntouched, LiveState.SameBits(was, value), () => FormattableString.Invariant($"{was:R} at {name}[{i}], as the optimiser left it in step {step}"), () => FormattableString.Invariant($"{value:R}"));
                }
            }
        }

        // Only weights whose gradient is no rounding error must move: the optimiser may round away the rest.
        var pushed = straight ? [] : _fresh.Where(f => _gradients.TryGetValue(f.Parameter, out var g) && Math.Abs(g[f.Index]) > 1e-4f).ToList();
        if (pushed.Count > 0 && !IsOver)
        {
            _findings.Check(TrainingLaws.Moves, pushed.Exists(f => now.Weights[f.Parameter][f.Index] != _begun.Weights[f.Parameter][f.Index]), () => $"one of {pushed.Count} regrown weights with a gradient moves in step {step}", () => "none");
        }
    }

    private void CheckMasks(long step, bool isEntry)
    {
        var phase = _phase!;
        if (phase.IsDense)
        {
            _findings.Check(TrainingLaws.DenseHasNone, _masks.Count == 0, () => $"no masks at step {step}, in the dense phase '{phase.Phase.Name}'", () => string.Join(", ", _masks.Keys));
            return;
        }

        var pruned = phase.Layers.Where(l => l.IsPruned).ToList();
        if (!_findings.Check(TrainingLaws.OnlyPruned, _masks.Keys.Order().SequenceEqual(pruned.Select(l => l.Parameter).Order()), () => $"masks of {Names(pruned.Select(l => l.Parameter))} at step {step}", () => Names(_masks.Keys)))
        {
            return;
        }

        var update = phase.UpdateAt(step - phase.FirstStep);
        foreach (var layer in pruned)
        {
            var mask = _masks[layer.Parameter];
            var (kept, keep) = (MaskLaws.Kept(mask).LongCount(), phase.KeptAt(layer, update));
            _findings.Check(TrainingLaws.Counts, mask.Count == layer.Weights && kept >= 1 && kept == (keep ?? kept), () => $"{(keep is { } k ? $"{k}" : "at least 1")} of {layer.Weights} weights of {layer.Parameter} at step {step}", () => $"{kept} of {mask.Count}");
        }

        if (pruned.Exists(l => l.IsGlobal))
        {
            var sum = pruned.Where(l => l.IsGlobal).Sum(l => _masks[l.Parameter].Kept);
            _findings.Check(TrainingLaws.Counts, sum == phase.GlobalKeptAt(update), () => $"{phase.GlobalKeptAt(update)} weights of the global ranking at step {step}", () => $"{sum}");
        }

        if (!phase.ChoosesAt(step - phase.FirstStep))
        {
            var changed = _masks.FirstOrDefault(m => !m.Value.Equals(_masksBefore.GetValueOrDefault(m.Key)));
            _findings.Check(TrainingLaws.Due, changed.Key is null, () => $"the masks of the step before at step {step}, at which none are due", () => $"another one of {changed.Key}");
            return;
        }

        new ChoiceWatch(phase, _findings, _methods, step, isEntry).Check(_masks, isEntry ? [] : _masksBefore, _before.Weights, _gradients, _masksBefore.Count == 0);
    }

    private void CheckRewind(Rewind rewind, long step)
    {
        var snapshot = _ends[rewind.Phase ?? ""];
        foreach (var (name, values) in _begun.Weights)
        {
            for (var i = 0; i < values.Length && !rewind.OnlyKept && !rewind.IsRedrawn && !IsOver; i++)
            {
                var (expected, value) = (_masks.GetValueOrDefault(name)?[i] == false ? 0 : snapshot[name][i], values[i]);
                _findings.Check(TrainingLaws.Rewound, value == expected, () => FormattableString.Invariant($"{expected:R} at {name}[{i}] at step {step}"), () => FormattableString.Invariant($"{value:R}"));
            }
        }
    }

    /// <summary>Checks each weight across BeginStep, where masks may be lifted and chosen.</summary>
    private void CheckWeights(long step, PlannedPhase? regrowing, bool isEntry)
    {
        var isReset = isEntry && _masksBefore.Count > 0 && regrowing!.Phase.RegrownState == RegrownState.Reset;
        var isStraight = regrowing?.Phase.StraightThrough is not null;
        foreach (var (name, now) in _begun.Weights)
        {
            var (was, mask, maskBefore) = (_before.Weights[name], _masks.GetValueOrDefault(name), _masksBefore.GetValueOrDefault(name));
            var isOther = mask is null && maskBefore is null;
            var isRedrawn = false;
            var regrown = 0;
            if (mask is not null)
            {
                RememberAll(name, mask, isEntry ? regrowing : null, was);
            }

            for (var i = 0; i < now.Length && !IsOver; i++)
            {
                var (isMasked, wasMasked) = (mask?[i] == false, maskBefore?[i] == false);
                if (isMasked)
                {
                    CheckZero(name, i, now[i], $"at step {step}, before the forward pass");
                }
                else if (wasMasked)
                {
                    regrown++;
                    isRedrawn |= now[i] != 0;
                    if (isEntry || !isStraight)
                    {
                        CheckRegrown(name, i, now[i], regrowing!.Phase, step);
                    }
                }
                else
                {
                    var (from, to) = (was[i], now[i]);
                    _findings.Check(isOther ? TrainingLaws.OthersUntouched : TrainingLaws.KeptUntouched, LiveState.SameBits(from, to), () => FormattableString.Invariant($"{from:R} at {name}[{i}] across BeginStep of step {step}"), () => FormattableString.Invariant($"{to:R}"));
                }

                if (wasMasked && !isEntry && isStraight)
                {
                    // Weights that were trained while they were pruned go on as they are.
                    continue;
                }

                CheckState(name, i, isMasked, wasMasked, regrowing?.Phase.RegrownState ?? RegrownState.Zero, isReset, step);
            }

            if (regrown > 8 && regrowing!.Phase is { RegrownWeights: RegrownWeights.Redrawn, StraightThrough: null } && !IsOver)
            {
                _findings.Check(TrainingLaws.Regrown, isRedrawn, () => $"redrawn values for {regrown} weights of {name} at step {step}", () => "all 0");
            }
        }
    }

    /// <summary>Remembers the values of newly pruned weights; NaN where they are unknown.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="mask">Its new mask.</param>
    /// <param name="lifted">The phase whose masks were lifted before; null if none was.</param>
    /// <param name="before">The values before BeginStep.</param>
    private void RememberAll(string name, BitMask mask, PlannedPhase? lifted, float[] before)
    {
        var values = _prunedValues.TryGetValue(name, out var known) ? known : _prunedValues[name] = new float[before.Length];
        foreach (var i in Indices(mask).Where(i => !mask[i]))
        {
            if (_masksBefore.GetValueOrDefault(name)?[i] != false)
            {
                values[i] = before[i];
            }
            else if (lifted is not null)
            {
                // Lifted and pruned again at once: what it was regrown as in between.
                values[i] = lifted.Phase switch
                {
                    { RegrownWeights: RegrownWeights.Zero } => 0,
                    { RegrownWeights: RegrownWeights.Restored, StraightThrough: null } => values[i],
                    _ => float.NaN,
                };
            }
        }
    }

    private void CheckRegrown(string name, int i, float value, Phase phase, long step)
    {
        if (phase.RegrownWeights == RegrownWeights.Redrawn)
        {
            var bound = 1 / Math.Sqrt(_plan.Shape.Parameters.First(p => p.Name == name).Dims.Skip(1).Aggregate(1L, (a, b) => a * b));
            _findings.Check(TrainingLaws.Regrown, Math.Abs(value) <= bound, () => FormattableString.Invariant($"{name}[{i}] redrawn within ±{bound:G4} at step {step}"), () => FormattableString.Invariant($"{value:R}"));
        }
        else if (phase.RegrownWeights == RegrownWeights.Zero || phase.StraightThrough is null)
        {
            var expected = phase.RegrownWeights == RegrownWeights.Zero ? 0 : _prunedValues[name][i];
            _findings.Check(TrainingLaws.Regrown, value == expected || float.IsNaN(expected), () => FormattableString.Invariant($"{name}[{i}] regrown as {expected:R} ({phase.RegrownWeights}) at step {step}"), () => FormattableString.Invariant($"{value:R}"));
        }
    }

    private void CheckState(string name, int i, bool isMasked, bool wasMasked, RegrownState policy, bool isReset, long step)
    {
        var (was, now) = (_before.States[name], _begun.States[name]);
        for (var f = 0; f < was.Length && !IsOver; f++)
        {
            // A reset optimiser may have no state yet.
            var (from, to) = (was[f][i], f < now.Length ? now[f][i] : 0);
            if (isReset || (wasMasked && !isMasked && policy != RegrownState.Kept))
            {
                _findings.Check(TrainingLaws.RegrownState, to == 0, () => $"0 as the optimiser's state of {name}[{i}] ({policy}) at step {step}", () => FormattableString.Invariant($"{to:R}"));
            }
            else if (!isMasked)
            {
                _findings.Check(wasMasked ? TrainingLaws.RegrownState : TrainingLaws.KeptState, from == to, () => FormattableString.Invariant($"{from:R} as the optimiser's state of {name}[{i}] across BeginStep of step {step}"), () => FormattableString.Invariant($"{to:R}"));
            }
        }
    }

    private void CheckZero(string name, int i, float value, string when) =>
        _findings.Check(TrainingLaws.Zero, BitConverter.SingleToInt32Bits(value) == 0, () => $"+0 at {name}[{i}], which is masked, {when}", () => value == 0 ? "−0" : FormattableString.Invariant($"{value:R}"));

    private Dictionary<string, float[]> Gradients()
    {
        using var scope = NewDisposeScope();
        return _model.named_parameters().Where(p => p.parameter.grad is not null).ToDictionary(p => p.name, p => LiveState.Values(p.parameter.grad!));
    }

    private string[] Objects() => [.. _model.named_parameters().Select(p => $"{p.name} {p.parameter.Handle} {string.Join('×', p.parameter.shape)} {p.parameter.dtype} {p.parameter.requires_grad}")];

    private static IEnumerable<int> Indices(BitMask mask) => Enumerable.Range(0, (int)mask.Count);

    private static string Names(IEnumerable<string> names) => names.Any() ? string.Join(", ", names.Order()) : "none";
}
