using System.Globalization;
using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>A NaN or infinite value of a tensor, and its position.</summary>
/// <param name="Value">The value.</param>
/// <param name="Position">Its index in each dimension.</param>
internal sealed record NonFinite(double Value, ValueList<long> Position)
{
    /// <summary>Finds the first non-finite value of a tensor; null if all are finite.</summary>
    public static NonFinite? In(Tensor tensor)
    {
        if (!tensor.is_floating_point() || tensor.numel() == 0)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();

        // A sum is finite only if every value is, and takes no memory. If it overflows, the values are checked.
        if (double.IsFinite(tensor.sum().to(ScalarType.Float64).item<double>()))
        {
            return null;
        }

        var flat = tensor.detach().flatten();
        var index = flat.isfinite().logical_not().to(ScalarType.Int32).argmax().item<long>();
        var value = flat[index].to(ScalarType.Float64).item<double>();
        return double.IsFinite(value) ? null : new(value, PositionOf(index, tensor.shape));
    }

    /// <summary>Finds the first non-finite value of a tensor other than a harmless one; null if there is none.</summary>
    public static NonFinite? Beside(Tensor tensor, double harmless)
    {
        var first = In(tensor);
        if (first?.Value != harmless)
        {
            return first;
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using TorchSharp.Scalar value = harmless, zero = 0;
        return In(tensor.masked_fill(tensor.eq(value), zero));
    }

    /// <summary>Formats the value and its position, e.g. <c>"NaN at [4, 1]"</c>.</summary>
    public override string ToString() => Position.Count == 0 ? Show(Value) : $"{Show(Value)} at [{string.Join(", ", Position)}]";

    /// <summary>Formats a number for a message: <c>NaN</c>, <c>∞</c>, or four digits.</summary>
    public static string Show(double value) =>
        double.IsPositiveInfinity(value) ? "∞" : double.IsNegativeInfinity(value) ? "−∞" : value.ToString("G4", CultureInfo.InvariantCulture);

    private static ValueList<long> PositionOf(long index, long[] shape)
    {
        var position = new long[shape.Length];
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            (index, position[i]) = Math.DivRem(index, shape[i]);
        }

        return [.. position];
    }
}
