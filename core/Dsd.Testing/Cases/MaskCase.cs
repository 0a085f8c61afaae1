using Dsd.Masks;
using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>One weight tensor with its gradient, and the number of weights that a mask is to keep, as plain data that prints as code.</summary>
public sealed record MaskCase
{
    /// <summary>The name of the layer in <see cref="Context"/>.</summary>
    internal const string LayerName = "layer.weight";

    /// <summary>Creates a case.</summary>
    /// <param name="dims">The dimensions of the tensor, outermost first; their product is the number of weights.</param>
    /// <param name="weights">The weights, row by row.</param>
    /// <param name="gradients">The gradients, row by row, as many as weights.</param>
    /// <param name="keep">The number of weights to keep, from 1 to their number.</param>
    /// <param name="type">The type of the tensors; values are rounded to it. Default: 32-bit.</param>
    /// <param name="device">The device of its tensors: <c>"cpu"</c>, <c>"cuda"</c> or <c>"cuda:N"</c>. Default <c>"cpu"</c>.</param>
    /// <exception cref="ArgumentException">The numbers of weights, gradients and dimensions differ, or there is no such device.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is outside its range.</exception>
    public MaskCase(IEnumerable<long> dims, IEnumerable<float> weights, IEnumerable<float> gradients, long keep, ScalarType type = ScalarType.Float32, string device = "cpu")
    {
        (Dims, Weights, Gradients, Keep, Type, Device) = (dims.ToValueList(), weights.ToValueList(), gradients.ToValueList(), keep, type, LawDevice.Checked(device));
        if (Dims.Aggregate(1L, (a, b) => a * b) != Weights.Count || Gradients.Count != Weights.Count)
        {
            throw new ArgumentException(FormattableString.Invariant($"A tensor of {string.Join('×', Dims)} has {Dims.Aggregate(1L, (a, b) => a * b)} weights and gradients; got {Weights.Count} and {Gradients.Count}."), nameof(weights));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keep, Weights.Count);
    }

    /// <summary>The dimensions of the tensor, outermost first.</summary>
    public ValueList<long> Dims { get; }

    /// <summary>The weights, row by row.</summary>
    public ValueList<float> Weights { get; }

    /// <summary>The gradients, row by row.</summary>
    public ValueList<float> Gradients { get; }

    /// <summary>The number of weights to keep.</summary>
    public long Keep { get; }

    /// <summary>The type of the tensors.</summary>
    public ScalarType Type { get; }

    /// <summary>The device of the tensors.</summary>
    public string Device { get; }

    /// <summary>Makes the live layer as a criterion sees it: new tensors at each call, in the current dispose scope.</summary>
    /// <param name="mask">The current mask; pruned weights are then 0. Default null: none.</param>
    /// <param name="seed">The seed of the run. Default 0.</param>
    public MaskContext Context(BitMask? mask = null, long seed = 0)
    {
        var values = mask is null ? Weights : Weights.Select((w, i) => mask[i] ? w : 0f);
        return new(LayerName, Tensor(values), Tensor(Gradients), mask, seed: seed);
    }

    /// <summary>Prints the case as a C# expression that makes it.</summary>
    public override string ToString() => Print(Code.CSharp);

    internal string Print(Code code) => code.New(
        nameof(MaskCase),
        [
            code.Longs(Dims), code.Floats(Weights), code.Floats(Gradients), code.Long(Keep),
            .. Type == ScalarType.Float32 ? Array.Empty<string>() : [code.Argument("type", $"torch.ScalarType.{Type}")],
            .. code.Device(Device),
        ]);

    internal MaskCase With(IEnumerable<float>? weights = null, IEnumerable<float>? gradients = null, long? keep = null) =>
        new(Dims, weights ?? Weights, gradients ?? Gradients, keep ?? Keep, Type, Device);

    internal MaskCase On(string device) => new(Dims, Weights, Gradients, Keep, Type, device);

    /// <summary>Smaller cases: fewer weights, then simpler values.</summary>
    internal IEnumerable<MaskCase> Shrink()
    {
        var n = Weights.Count;
        if (n > 1)
        {
            foreach (var (start, length) in new[] { (0, n / 2), (n / 2, n - (n / 2)) }.Concat(Enumerable.Range(0, n).Select(i => (i, n - 1))).Where(p => p.Item2 > 0))
            {
                var places = Enumerable.Range(0, length).Select(i => (start + (length == n - 1 ? i + 1 : i)) % n).Order().ToList();
                yield return new([places.Count], places.Select(i => Weights[i]), places.Select(i => Gradients[i]), Math.Clamp(Keep, 1, places.Count), Type, Device);
            }
        }

        if (Type != ScalarType.Float32)
        {
            yield return new(Dims, Weights, Gradients, Keep, device: Device);
        }

        if (Dims.Count > 1)
        {
            yield return new([n], Weights, Gradients, Keep, Type, Device);
        }

        if (Keep > 1)
        {
            yield return With(keep: 1);
            yield return With(keep: Keep - 1);
        }

        for (var i = 0; i < n; i++)
        {
            foreach (var simpler in Simpler(Weights[i]))
            {
                yield return With(weights: Weights.SetItem(i, simpler));
            }

            foreach (var simpler in Simpler(Gradients[i]))
            {
                yield return With(gradients: Gradients.SetItem(i, simpler));
            }
        }
    }

    internal Tensor Tensor(IEnumerable<float> values) => LawDevice.Moved(tensor(values.ToArray(), [.. Dims]).clone().to(Type), Device);

    private static IEnumerable<float> Simpler(float value)
    {
        if (float.IsNaN(value) || (value == 0 && !float.IsNegative(value)))
        {
            yield break;
        }

        yield return 0;
        var rounded = MathF.Round(value);
        if (rounded != value && rounded != 0)
        {
            yield return rounded;
        }

        if (MathF.Abs(value) is > 1 and < 1e6f)
        {
            yield return MathF.Truncate(value / 2);
        }
    }
}
