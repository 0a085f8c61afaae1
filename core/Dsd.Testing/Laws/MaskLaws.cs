using Dsd.Masks;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>The laws of mask methods: score functions, functions that choose a mask, updates, and whole mask rules.</summary>
/// <example><code>
/// MaskLaws.CheckScore(layer => layer.Weight.abs());
/// </code></example>
public static partial class MaskLaws
{
    internal const string NoError = "every layer is accepted";
    internal const string Count = "exact count";
    internal const string Deterministic = "deterministic";
    internal const string Independent = "calls are independent";
    internal const string ChangesNothing = "the layer is not changed";

    /// <summary>Checks a mask rule by small trainings of which every sparse phase has it: the laws of training, from exact counts to the pattern and the update.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="methods">The custom methods that it names. Default null: none.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport Check(MaskRule rule, MaskMethods? methods = null, LawOptions? options = null, TrainingCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return TrainingLaws.Run(rule.ToString(), (plan, model, optimizer, given, seed) => new SessionLoop(plan, model, optimizer, given, seed), rule, methods ?? MaskMethods.None, options, on, "MaskLaws.Check(rule, methods, ");
    }

    internal static IEnumerable<long> Kept(BitMask mask)
    {
        for (var i = 0L; i < mask.Count; i++)
        {
            if (mask[i])
            {
                yield return i;
            }
        }
    }

    internal static double[] Values(Tensor tensor) => [.. tensor.detach().cpu().to(float64).flatten().data<double>()];

    internal static string Text(BitMask mask) => $"[{string.Concat(Enumerable.Range(0, (int)Math.Min(mask.Count, 64)).Select(i => mask[i] ? '1' : '0'))}{(mask.Count > 64 ? "…" : "")}]";

    private static long[] Bits(Tensor tensor) => [.. Values(tensor).Select(BitConverter.DoubleToInt64Bits)];
}
