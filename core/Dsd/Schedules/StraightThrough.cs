using System.Globalization;

namespace Dsd.Schedules;

/// <summary>Training of the pruned weights of a phase by the gradients at their places: outside of the network, which has zeros there.</summary>
/// <remarks>
/// A pruned weight keeps a value of its own, is updated by the optimiser with the gradient that the network has where it would be, and is ranked and
/// regrown with that value. Between steps the network holds exact zeros, as in any sparse phase. Sources: Zhou et al., "Learning N:M fine-grained structured
/// sparse neural networks from scratch", 2021 (SR-STE); Guo et al., "Dynamic network surgery for efficient DNNs", 2016; Jayakumar et al., "Top-KAST", 2020.
/// </remarks>
public sealed record StraightThrough
{
    /// <summary>Creates the rule.</summary>
    /// <param name="decay">The factor of the pruned weights that is added to their gradients, besides the optimiser's own weight decay; at least 0. Default 0.</param>
    /// <param name="trained">
    /// The fraction of a layer's weights that are trained, above 0 and at most 1: the kept and, of the pruned, those with the largest magnitude at the last choice of masks. The
    /// others keep their values. It counts for nothing where it is less than the fraction kept. Default 1: all.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public StraightThrough(double decay = 0, double trained = 1)
    {
        Decay = decay >= 0 && double.IsFinite(decay) ? decay : throw new ArgumentOutOfRangeException(nameof(decay), decay, "The decay of pruned weights is a finite number, at least 0.");
        Trained = trained is > 0 and <= 1 ? trained : throw new ArgumentOutOfRangeException(nameof(trained), trained, "The trained fraction of weights is above 0 and at most 1.");
    }

    /// <summary>The factor of the pruned weights that is added to their gradients.</summary>
    public double Decay { get; }

    /// <summary>The fraction of a layer's weights that are trained.</summary>
    public double Trained { get; }

    /// <summary>Formats the rule, e.g. <c>"straight-through, decay 0.0002"</c>.</summary>
    public override string ToString() =>
        "straight-through" + (Decay == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", decay {Decay:R}")) + (Trained == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", {Trained:R} trained"));
}
