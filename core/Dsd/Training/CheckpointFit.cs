using Dsd.Checkpoints;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Checks the tensors of a checkpoint against the network and the plan that are to continue from it: each has the right name, shape and type, and none that is needed is missing.</summary>
internal sealed class CheckpointFit
{
    private const int MostProblems = 8;
    private readonly List<string> _problems = [];

    private CheckpointFit()
    {
    }

    /// <summary>Rejects a checkpoint that does not fit; nothing is changed.</summary>
    /// <param name="whole">The state in the checkpoint.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="model">The network.</param>
    /// <exception cref="DsdException">It does not; the message lists the problems.</exception>
    public static void Check(TrainingState whole, Plan plan, PlannedModel model)
    {
        using var scope = NewDisposeScope();
        var (fit, state) = (new CheckpointFit(), model.State().ToDictionary(t => t.Key, t => Form.Of(t.Value)));
        var (weights, masks, session) = (model.Parameters.ToDictionary(p => p.Key, p => Form.Of(p.Value)), whole.Session.Masks, whole.Session);
        var phase = session.Phase is { } index ? plan.Phases[index] : null;
        fit.Compare("the weights and buffers", whole.Model, state, state.Keys);
        fit.Compare("the gradients", session.Gradients, weights);
        fit.Compare("the values before pruning", masks.PrunedValues, weights, phase?.RemembersPruned == true ? masks.Masks.Keys : []);
        fit.Masks(masks.Masks, weights);
        foreach (var (key, kept) in masks.Remembered)
        {
            fit.Remembered(key, kept.Tensors, phase, state, weights);
        }

        if (phase?.Phase.StraightThrough is { Trained: < 1 })
        {
            fit.Require("what straight-through training remembers", masks.Masks.Keys, name => masks.Remembered.GetValueOrDefault(MaskSetState.StraightThrough + name)?[TrainedOutside.Trained] is not null);
        }

        // The snapshot of the phase in progress is taken when the next one begins.
        var snapshots = phase is null ? [] : plan.Phases.Skip(phase.Index + 1).Select(p => p.Phase.Rewind).OfType<Rewind>()
            .Where(r => r.Phase is null || plan.Phases.Take(phase.Index).Any(p => p.Phase.Name == r.Phase)).Select(r => r.Phase ?? "").Distinct();
        fit.Require("the weights to which a later phase returns", snapshots, name => masks.Remembered.ContainsKey(MaskSetState.Snapshot + name), SnapshotOf);
        fit.Throw(model.Name);
    }

    private static string SnapshotOf(string phase) => phase.Length == 0 ? "before the first step" : $"at the end of phase '{phase}'";

    /// <summary>Compares what is remembered under a key; a custom criterion or update remembers tensors of any form.</summary>
    private void Remembered(string key, IReadOnlyDictionary<string, Tensor> kept, PlannedPhase? phase, Dictionary<string, Form> state, Dictionary<string, Form> weights)
    {
        if (key == MaskSetState.Lifted)
        {
            Compare("the masks that were lifted last", kept, weights.ToDictionary(w => w.Key, w => w.Value with { Type = ScalarType.Bool }));
        }
        else if (After(MaskSetState.Snapshot) is { } name)
        {
            Compare($"the weights {SnapshotOf(name)}", kept, state, state.Keys);
        }
        else if (After(MaskSetState.Criterion) is { } scored)
        {
            Form? Known(string tensor) => (phase?.Phase.Mask.Criterion.Kind, tensor) switch
            {
                (CriterionKind.Movement, Movement.Sum) => weights[scored],
                (CriterionKind.Threshold, Threshold.Deviation) => new Form(ScalarType.Float64, []),
                _ => null,
            };
            OfParameter("what the criterion remembers", scored, kept, Known, weights);
        }
        else if (After(MaskSetState.Update) is { } updated)
        {
            OfParameter("what the update remembers", updated, kept, _ => null, weights);
        }
        else if (After(MaskSetState.StraightThrough) is { } trained)
        {
            OfParameter("what straight-through training remembers", trained, kept, _ => weights[trained] with { Type = ScalarType.Bool }, weights);
        }
        else
        {
            _problems.Add($"unknown entry '{key}'");
        }

        string? After(string start) => key.StartsWith(start, StringComparison.Ordinal) ? key[start.Length..] : null;
    }

    private void OfParameter(string what, string parameter, IReadOnlyDictionary<string, Tensor> kept, Func<string, Form?> known, Dictionary<string, Form> weights)
    {
        if (!weights.ContainsKey(parameter))
        {
            _problems.Add($"{what}: the network has no '{parameter}'");
            return;
        }

        foreach (var (name, tensor) in kept)
        {
            if (known(name) is { } form && form != Form.Of(tensor))
            {
                _problems.Add($"{what}: '{name}' of {parameter} is {Form.Of(tensor)}, where {form} is needed");
            }
        }
    }

    private void Masks(IReadOnlyDictionary<string, BitMask> masks, Dictionary<string, Form> weights)
    {
        foreach (var (name, mask) in masks)
        {
            if (!weights.TryGetValue(name, out var form))
            {
                _problems.Add($"the masks: the network has no '{name}'");
            }
            else if (mask.Count != form.Count)
            {
                _problems.Add(FormattableString.Invariant($"the masks: that of {name} is for {mask.Count} weights, where the network has {form.Count}"));
            }
        }
    }

    private void Compare(string what, IReadOnlyDictionary<string, Tensor> captured, Dictionary<string, Form> allowed, IEnumerable<string>? needed = null)
    {
        foreach (var (name, tensor) in captured)
        {
            if (!allowed.TryGetValue(name, out var form))
            {
                _problems.Add($"{what}: the network has no '{name}'");
            }
            else if (form != Form.Of(tensor))
            {
                _problems.Add($"{what}: {name} is {Form.Of(tensor)}, where the network's is {form}");
            }
        }

        Require(what, needed ?? [], captured.ContainsKey);
    }

    private void Require(string what, IEnumerable<string> needed, Func<string, bool> isThere, Func<string, string>? show = null) =>
        _problems.AddRange(needed.Where(n => !isThere(n)).Select(n => $"{what}: {show?.Invoke(n) ?? n} is missing"));

    private void Throw(string network)
    {
        if (_problems.Count > 0)
        {
            var more = _problems.Count > MostProblems ? FormattableString.Invariant($"; and {_problems.Count - MostProblems} more") : "";
            throw new DsdException($"The checkpoint does not fit the network {network} and its plan: {string.Join("; ", _problems.Take(MostProblems))}{more}. Continue with the network, schedule and methods with which it was saved.");
        }
    }

    /// <summary>The type and shape of a tensor.</summary>
    private sealed record Form(ScalarType Type, ValueList<long> Shape)
    {
        public long Count => Shape.Aggregate(1L, (product, size) => product * size);

        public static Form Of(Tensor tensor) => new(tensor.dtype, tensor.shape.ToValueList());

        public override string ToString() => $"{Type} of shape ({string.Join(", ", Shape)})";
    }
}
