using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The sparsity over one phase: constant, or a ramp that ends exactly at its target.</summary>
public sealed record SparsityCurve
{
    private SparsityCurve(CurveShape shape, Sparsity from, Sparsity to)
    {
        Shape = shape;
        From = from;
        To = to;
    }

    /// <summary>The curve of sparsity 0: no weight is pruned at any time.</summary>
    public static SparsityCurve Dense { get; } = Constant(0);

    /// <summary>The shape of the curve.</summary>
    internal CurveShape Shape { get; }

    /// <summary>The sparsity at the first mask update of the phase.</summary>
    public Sparsity From { get; }

    /// <summary>The sparsity at the last mask update of the phase, and from there to its end.</summary>
    public Sparsity To { get; }

    /// <summary>True if nothing is pruned at any time.</summary>
    public bool IsDense => From.IsDense && To.IsDense;

    /// <summary>Creates a constant sparsity.</summary>
    /// <param name="sparsity">The fraction to prune, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sparsity"/> is outside that range.</exception>
    public static SparsityCurve Constant(double sparsity) => new(CurveShape.Constant, new(sparsity), new(sparsity));

    /// <summary>Creates a linear ramp, up or down.</summary>
    /// <param name="from">The sparsity at the first mask update, at least 0 and below 1.</param>
    /// <param name="to">The sparsity at the last mask update, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside that range.</exception>
    public static SparsityCurve Linear(double from, double to) => new(CurveShape.Linear, new(from), new(to));

    /// <summary>Creates the cubic ramp of Zhu and Gupta (2017): fast first, then slower.</summary>
    /// <param name="from">The sparsity at the first mask update, at least 0 and below 1.</param>
    /// <param name="to">The sparsity at the last mask update, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside that range.</exception>
    public static SparsityCurve Cubic(double from, double to) => new(CurveShape.Cubic, new(from), new(to));

    /// <summary>Copies the curve with another target.</summary>
    /// <param name="target">The sparsity at the last mask update.</param>
    /// <returns>For a constant curve, the constant <paramref name="target"/>; for a ramp, one from the same start.</returns>
    public SparsityCurve WithTarget(Sparsity target) => new(Shape, Shape == CurveShape.Constant ? target : From, target);

    /// <summary>The same way to move between other ends; the two are equal where this one is constant.</summary>
    internal SparsityCurve Between(Sparsity from, Sparsity to) => new(Shape, Shape == CurveShape.Constant ? to : from, to);

    /// <summary>Computes the sparsity at a mask update.</summary>
    /// <param name="update">The index of the update in the phase, from 0.</param>
    /// <param name="updates">The number of updates in the phase, at least 1.</param>
    /// <returns>
    /// Exactly <see cref="To"/> at the last update, however many there are; exactly <see cref="From"/> at the first of several.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="update"/> is not in [0, <paramref name="updates"/>).</exception>
    public Sparsity At(long update, long updates)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(update);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(update, updates);
        if (Shape == CurveShape.Constant || update == updates - 1)
        {
            return To;
        }

        if (update == 0)
        {
            return From;
        }

        var left = 1 - ((double)update / (updates - 1));
        var weight = Shape == CurveShape.Cubic ? left * left * left : left;
        var value = To.Value + ((From.Value - To.Value) * weight);

        // A rounding error must not carry a ramp past its own ends.
        return new(Math.Clamp(value, Math.Min(From.Value, To.Value), Math.Max(From.Value, To.Value)));
    }

    /// <summary>Formats the sparsity to six digits, e.g. <c>"0.3"</c> or <c>"0 → 0.9 (cubic)"</c>, independent of culture.</summary>
    public override string ToString() => Shape == CurveShape.Constant
        ? To.ToShortString()
        : string.Create(CultureInfo.InvariantCulture, $"{From.ToShortString()} → {To.ToShortString()} ({(Shape == CurveShape.Linear ? "linear" : "cubic")})");
}
