using Dsd.Masks;
using Dsd.Schedules;

namespace Dsd.Testing;

/// <summary>The values of pruned weights, which the network does not hold: those that they had when they were pruned or, straight-through, those to which they were trained since.</summary>
internal sealed class PrunedValues
{
    private readonly Dictionary<string, float[]> _values = [];

    /// <summary>Gets the values of a parameter, NaN where they are unknown; those of kept weights mean nothing.</summary>
    public float[] this[string name] => _values[name];

    /// <summary>Remembers the values of newly pruned weights.</summary>
    public void Remember(SeenStep step, string name, BitMask mask)
    {
        var (before, masksBefore) = (step.Before.Weights[name], step.MasksBefore.GetValueOrDefault(name));
        var values = _values.TryGetValue(name, out var known) ? known : _values[name] = new float[before.Length];
        for (var i = 0; i < before.Length; i++)
        {
            if (mask[i])
            {
                continue;
            }

            if (masksBefore?[i] != false)
            {
                values[i] = before[i];
            }
            else if (step.IsEntry)
            {
                // Lifted and pruned again at once: what it was regrown as in between.
                values[i] = step.Was!.Phase.RegrownWeights switch
                {
                    RegrownWeights.Zero => 0,
                    RegrownWeights.Restored => values[i],
                    _ => float.NaN,
                };
            }
        }
    }

    /// <summary>Takes the values of pruned weights along with a rewind; those that are drawn anew are unknown.</summary>
    public void Return(string name, BitMask mask, float[]? snapshot)
    {
        var values = _values[name];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = mask[i] ? values[i] : snapshot?[i] ?? float.NaN;
        }
    }

    /// <summary>Returns the weights, pruned ones with their values.</summary>
    public float[] Among(string name, float[] weights, BitMask mask) => [.. weights.Select((w, i) => mask[i] ? w : _values[name][i])];
}
