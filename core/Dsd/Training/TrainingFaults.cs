using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Dsd.Checkpoints;
using Dsd.Execution;
using Dsd.Records;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Watches the losses of a run and finds the cause of a failed step or evaluation: the weights, the data, the loss, or the rate.</summary>
/// <param name="model">The model.</param>
/// <param name="task">The task; the batch of a step is computed again to find where it fails.</param>
/// <param name="rateAt">The learning rate at a step.</param>
internal sealed partial class TrainingFaults(nn.Module model, ITrainingTask task, Func<long, double> rateAt)
{
    /// <summary>The magnitude from which on a layer's output counts as that of a network that has diverged.</summary>
    private const double Huge = 1e8;

    private (long Step, double Loss)? _first;
    private (long Step, double Loss)? _last;
    private double _lowest = double.PositiveInfinity;

    /// <summary>The first step whose loss is watched.</summary>
    public long From { get; set; }

    private bool HasGrown => _last is { } last && last.Loss > _first!.Value.Loss && last.Loss - _lowest > Math.Abs(_lowest);

    private string History => string.Join(", ", new[] { _first, _last }.OfType<(long Step, double Loss)>().Distinct().Select(l => FormattableString.Invariant($"{NonFinite.Show(l.Loss)} at step {l.Step}"))) is { Length: > 0 } losses ? $" ({losses})" : "";

    /// <summary>The losses seen so far; part of every checkpoint.</summary>
    public LossesSeen Seen
    {
        get => new(_first, _last, _lowest);
        set => (_first, _last, _lowest) = (value.First, value.Last, value.Lowest);
    }

    /// <summary>Creates the error that names the layer in which a model failed.</summary>
    /// <param name="model">The model.</param>
    /// <param name="what">The operation that failed, e.g. <c>"the forward pass of step 3"</c>.</param>
    /// <param name="again">Repeats the operation.</param>
    /// <param name="cause">The error of libtorch.</param>
    public static DsdException Failure(nn.Module model, string what, Action again, ExternalException cause)
    {
        using var trace = new LayerTrace(model);
        var place = Fails(again) ? trace.Place : null;
        return new DsdException($"{what} failed{(place is null ? "" : $" {place}")}: {FirstLine(cause).TrimEnd('.')}. {Advice(FirstLine(cause))}", cause);
    }

    /// <summary>Rejects a loss that has no gradient.</summary>
    public void Check(Tensor? loss, long step) => LossCheck.Check(loss, task.Name, FormattableString.Invariant($" at step {step}"));

    /// <summary>Rejects an evaluation without a metric or without the loss.</summary>
    public void Check(Evaluated evaluated)
    {
        var where = FormattableString.Invariant($"the {Name(evaluated.Split)} split at step {evaluated.Step}");
        if (evaluated.Metrics is not { Count: > 0 })
        {
            throw new DsdException($"{task.Name} measured nothing on {where}: Evaluate must return at least one metric, the main one first, and 'loss' among them.");
        }

        if (evaluated.Value("loss") is null)
        {
            throw new DsdException($"{task.Name} has no 'loss' among the metrics of {where}: {string.Join(", ", evaluated.Metrics.Select(m => m.Name))}. A run is watched by it, and reports show it beside the main metric; add it.");
        }
    }

    /// <summary>Rejects the loss on a step's batch if it is not finite.</summary>
    /// <exception cref="DsdException">It is not; the message gives the cause.</exception>
    public void CheckFinite(double loss, long step)
    {
        if (!double.IsFinite(loss))
        {
            throw Explain(loss, step);
        }
    }

    /// <summary>Records a step's loss.</summary>
    /// <exception cref="DsdException">It is not finite; the message gives the cause.</exception>
    public void Saw(double loss, long step)
    {
        CheckFinite(loss, step);
        _first ??= (step, loss);
        _last = (step, loss);
        _lowest = Math.Min(_lowest, loss);
    }

    /// <summary>Records the loss on a split.</summary>
    /// <exception cref="DsdException">It is not finite; the message gives the cause.</exception>
    public void Saw(Evaluated evaluated)
    {
        if (evaluated.Value("loss") is not { } loss || double.IsFinite(loss))
        {
            return;
        }

        var split = Name(evaluated.Split);
        using var trace = new LayerTrace(model);
        Fails(() => task.Evaluate(model, evaluated.Split));
        throw trace.BadInput is { } bad
            ? Data($"the {split} split", bad)
            : Blame($"the loss on the {split} split", loss, evaluated.Step, trace);
    }

    /// <summary>Creates the error for a step that failed in libtorch.</summary>
    public DsdException OfStep(long step, ExternalException cause) =>
        OutOfMemory.Explain(FormattableString.Invariant($"{task.Name}: step {step}"), cause.Message, task.BatchSize, cause)
        ?? Failure(model, FormattableString.Invariant($"{task.Name}: step {step}"), () => task.Loss(model, step).Dispose(), cause);

    /// <summary>Creates the error for an evaluation that failed in libtorch.</summary>
    public DsdException OfMeasuring(DataSplit split, ExternalException cause) =>
        OutOfMemory.Explain($"{task.Name}: measuring on the {Name(split)} split", cause.Message, null, cause)
        ?? Failure(model, $"{task.Name}: measuring on the {Name(split)} split", () => task.Evaluate(model, split), cause);

    /// <summary>Describes the first trained parameter that holds a non-finite value; null if there is none.</summary>
    public static string? BadWeight(nn.Module model) => ModelInspection.ParametersByName(model)
        .Where(p => p.Value.requires_grad).Select(p => NonFinite.In(p.Value) is { } bad ? $"{p.Key} holds {bad}" : null).FirstOrDefault(text => text is not null);

    private static string Name(DataSplit split) => split.ToString().ToLowerInvariant();

    private static string FirstLine(Exception e) => e.Message.Split('\n')[0].Trim();

    /// <summary>Matches libtorch's messages on types, e.g. "must have the same dtype", "expected scalar type" and "Input type (double) and bias type (float)".</summary>
    [GeneratedRegex(@"dtype|scalar type|result type|\btype \(")]
    private static partial Regex AboutTypes { get; }

    private static string Advice(string message) => AboutTypes.IsMatch(message)
        ? "Check the types: floating-point inputs of a SupervisedTask are read as float32, whole numbers as int64 (for an embedding; give others as floats), and the model must be float32, e.g. model.to(torch.float32)."
        : "Check the sizes of the layers and of the data.";

    private static bool Fails(Action again)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        try
        {
            again();
            return false;
        }
        catch (Exception e) when (e is ExternalException or DsdException or ArgumentException or InvalidOperationException)
        {
            return true;
        }
    }

    private DsdException Explain(double loss, long step)
    {
        // Between two losses that were read, the weights may have been updated from several batches; the first bad one is to blame.
        for (var s = _last is { } last ? last.Step + 1 : From; ; s++)
        {
            using var trace = new LayerTrace(model);
            Fails(() => task.Loss(model, s).Dispose());
            if (trace.BadInput is { } bad)
            {
                return Data(FormattableString.Invariant($"the batch of step {s}"), bad);
            }

            if (s >= step)
            {
                return Blame($"the loss", loss, step, trace);
            }
        }
    }

    private DsdException Data(string where, (NonFinite Value, string Shape, int Call) bad) => new(
        FormattableString.Invariant($"{task.Name}: {where} holds {bad.Value} of an input of shape {bad.Shape}{(bad.Call > 1 ? FormattableString.Invariant($", call {bad.Call} of the network") : "")}. Correct or remove these values."));

    private DsdException Blame(string what, double loss, long step, LayerTrace trace)
    {
        var rate = NonFinite.Show(rateAt(step));
        var shown = FormattableString.Invariant($"{NonFinite.Show(loss)} at step {step}");
        var diverged = new DivergedException($"Training has diverged: {what} is {shown}{History}. Lower the learning rate ({rate} here), or clip gradients.");
        if (BadWeight(model) is { } weight)
        {
            return HasGrown || _last is not { } last ? diverged : new DivergedException(FormattableString.Invariant(
                $"{weight} since step {last.Step}, though the loss was finite there and had not grown{History}. Either its gradient is not defined, as that of a square root or a norm at 0: change the loss; or training has diverged: lower the learning rate ({rate} here), or clip gradients."));
        }

        // If an input may have gone unseen, a non-finite value between layers is no sign of divergence by itself.
        if (step > 0 && (HasGrown || trace.BadOutput is not null || (trace.BadBetween is not null && trace.SeesAllInputs) || trace.Largest >= Huge))
        {
            return diverged;
        }

        if (trace.BadBetween is { } between)
        {
            return new DsdException(FormattableString.Invariant($"{task.Name}: {between.Value} arises {between.Place} at step {step}") + (trace.SeesAllInputs
                ? ", though the weights and the batch are finite. Check the computation there, e.g. for a logarithm of 0 or a division by 0."
                : ", or is in a further input of the batch; the weights and the first input are finite. Check the computation there, and the other inputs."));
        }

        return new DsdException(trace.BadOutput is { } bad
            ? $"Layer {bad.Layer} gives {bad.Value} at step {step}, though the weights and the batch are finite. Check its computation, and the magnitude of its inputs."
            : $"{char.ToUpperInvariant(what[0])}{what[1..]} of {task.Name} is {shown}, though the weights{(trace.Calls > 0 ? ", the batch and what every layer gives for it" : "")} are finite: the function that computes it gives that, as a logarithm of 0 or a division by 0 does.");
    }
}
