using Dsd.Masks;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>One masked weight tensor with its dense gradient at a step of a phase, as plain data that prints as code.</summary>
public sealed record UpdateCase
{
    /// <summary>Creates a case.</summary>
    /// <param name="weights">The weights; those that the mask prunes are 0 whatever is given.</param>
    /// <param name="gradients">The dense gradients, as many as weights.</param>
    /// <param name="held">The current mask, true where a weight is kept; at least one is.</param>
    /// <param name="phaseStep">The step within the phase, from 0 to <paramref name="phaseSteps"/> − 1.</param>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    /// <param name="seed">The seed of the run. Default 0.</param>
    /// <param name="device">The device of its tensors: <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>. Default <c>"cpu"</c>.</param>
    /// <exception cref="ArgumentException">The numbers of weights, gradients and places of the mask differ, nothing is kept, or there is no such device.</exception>
    public UpdateCase(IEnumerable<float> weights, IEnumerable<float> gradients, IEnumerable<bool> held, long phaseStep, long phaseSteps, long seed = 0, string device = "cpu")
    {
        (Gradients, Held, PhaseStep, PhaseSteps, Seed, Device) = (gradients.ToValueList(), held.ToValueList(), phaseStep, phaseSteps, seed, LawDevice.Checked(device));
        Weights = weights.Select((w, i) => i < Held.Count && !Held[i] ? 0f : w).ToValueList();
        if (Weights.Count != Gradients.Count || Weights.Count != Held.Count || !Held.Contains(true))
        {
            throw new ArgumentException(FormattableString.Invariant($"A layer has as many gradients and places of its mask as weights, and keeps at least one; got {Weights.Count} weights, {Gradients.Count} gradients, and {Held.Count(h => h)} of {Held.Count} kept."), nameof(weights));
        }
    }

    /// <summary>The weights; 0 where the mask prunes.</summary>
    public ValueList<float> Weights { get; }

    /// <summary>The dense gradients.</summary>
    public ValueList<float> Gradients { get; }

    /// <summary>The current mask.</summary>
    public ValueList<bool> Held { get; }

    /// <summary>The step within the phase.</summary>
    public long PhaseStep { get; }

    /// <summary>The steps of the phase.</summary>
    public long PhaseSteps { get; }

    /// <summary>The seed of the run.</summary>
    public long Seed { get; }

    /// <summary>The device of the tensors.</summary>
    public string Device { get; }

    /// <summary>Makes the live layer as an update sees it: new tensors at each call, in the current dispose scope.</summary>
    public MaskContext Context()
    {
        var bare = new MaskContext(MaskCase.LayerName, Tensor(Weights));
        return new(MaskCase.LayerName, Tensor(Weights), Tensor(Gradients), bare.MaskOf(tensor(Held.ToArray())), 100 + PhaseStep, PhaseStep, PhaseSteps, 1, Seed);
    }

    /// <summary>Prints the case as a C# expression that makes it.</summary>
    public override string ToString() => Print(Code.CSharp);

    internal string Print(Code code) => code.New(
        nameof(UpdateCase),
        [code.Floats(Weights), code.Floats(Gradients), code.Flags(Held), code.Long(PhaseStep), code.Long(PhaseSteps), code.Argument("seed", code.Long(Seed)), .. code.Device(Device)]);

    internal UpdateCase On(string device) => new(Weights, Gradients, Held, PhaseStep, PhaseSteps, Seed, device);

    /// <summary>The same layer one update later.</summary>
    internal UpdateCase Next(BitMask mask, long every) => new(
        Weights.Select((w, i) => !mask[i] ? 0 : w == 0 ? Gradients[i] / 8 : w + (Gradients[i] / 16)),
        Gradients.Skip(1).Append(Gradients[0]),
        Enumerable.Range(0, Held.Count).Select(i => mask[i]),
        Math.Min(PhaseStep + every, PhaseSteps - 1),
        PhaseSteps,
        Seed,
        Device);

    /// <summary>Smaller cases: fewer weights, then simpler values.</summary>
    internal IEnumerable<UpdateCase> Shrink()
    {
        for (var i = 0; i < Weights.Count; i++)
        {
            var places = Enumerable.Range(0, Weights.Count).Where(j => j != i).ToList();
            if (places.Exists(j => Held[j]))
            {
                yield return new(places.Select(j => Weights[j]), places.Select(j => Gradients[j]), places.Select(j => Held[j]), PhaseStep, PhaseSteps, Seed, Device);
            }
        }

        if (PhaseStep > 0)
        {
            yield return new(Weights, Gradients, Held, 0, PhaseSteps, Seed, Device);
        }

        for (var i = 0; i < Weights.Count; i++)
        {
            if (Weights[i] is var w && w != MathF.Round(w))
            {
                yield return new(Weights.SetItem(i, MathF.Round(w)), Gradients, Held, PhaseStep, PhaseSteps, Seed, Device);
            }

            if (Gradients[i] != 0)
            {
                yield return new(Weights, Gradients.SetItem(i, 0), Held, PhaseStep, PhaseSteps, Seed, Device);
            }
        }
    }

    private Tensor Tensor(IEnumerable<float> values) => LawDevice.Moved(tensor(values.ToArray()).clone(), Device);
}
