using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The pattern of a mask: the sets of weights that may stay.</summary>
public sealed record MaskPattern
{
    private MaskPattern(IMaskPattern? builtIn, string? name) => (BuiltIn, Name) = (builtIn, name);

    /// <summary>Any set of weights of the right number.</summary>
    public static MaskPattern Element { get; } = new(null, null);

    /// <summary>The name of a custom pattern; null if the pattern is built in.</summary>
    public string? Name { get; }

    /// <summary>The number N of neighbours kept under N of M; null for other patterns.</summary>
    public int? Keep => (BuiltIn as NOfM)?.Keep;

    /// <summary>The number M of neighbours in a group under N of M; null for other patterns.</summary>
    public int? Of => (BuiltIn as NOfM)?.Of;

    /// <summary>The dimension of the neighbours under N of M, from 0; null for other patterns.</summary>
    public int? Axis => (BuiltIn as NOfM)?.Axis;

    /// <summary>True if an axis that the pattern does not divide is padded.</summary>
    public bool IsPadded => BuiltIn is NOfM { Pad: true } or BlockPattern { Pad: true };

    internal IMaskPattern? BuiltIn { get; }

    /// <summary>An N:M pattern: each group of neighbours along a dimension keeps the same number; the sparsity of the layer must be 1 − keep / of.</summary>
    /// <param name="keep">The number kept in each group, at least 1 and below <paramref name="of"/>.</param>
    /// <param name="of">The number of neighbours in a group, at least 2; the dimension must be a multiple of it, or padded.</param>
    /// <param name="axis">The dimension, from 0. Default 1: the inputs.</param>
    /// <param name="pad">
    /// Whether a dimension that is no multiple is filled up with places that are no weights and are never kept: its last group has
    /// fewer weights, and keeps <paramref name="keep"/> of them, or all. Default false: such a layer is an issue of the plan.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static MaskPattern NOfM(int keep, int of, int axis = 1, bool pad = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        if (of <= keep)
        {
            throw new ArgumentOutOfRangeException(nameof(of), of, string.Create(
                CultureInfo.InvariantCulture, $"N:M keeps N of every M neighbours, and M must be above N; got {keep}:{of}.{(of >= 1 && of < keep ? $" Write MaskPattern.NOfM({of}, {keep})." : "")}"));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        return new(new NOfM(keep, of, axis, pad), null);
    }

    /// <summary>Whole blocks of the matrix outputs × everything else (inputs and kernel), kept or pruned as one; any sparsity, counted in blocks.</summary>
    /// <param name="rows">The height of a block: outputs, at least 1.</param>
    /// <param name="columns">The width of a block, at least 1.</param>
    /// <param name="norm">The norm of the scores by which blocks are ranked; ties go to the lower block, row by row. Default L2.</param>
    /// <param name="pad">
    /// Whether a matrix that blocks do not divide is filled up with places that are no weights and are never kept: blocks at its last rows
    /// and columns are smaller, and ranked among those of their own size. Default false: such a layer is an issue of the plan.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or the norm is undefined.</exception>
    public static MaskPattern Block(int rows, int columns, UnitNorm norm = UnitNorm.L2, bool pad = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        return new(new BlockPattern(BlockShape.Block, rows, columns, Defined.Value(norm), pad), null);
    }

    /// <summary>Whole rows, kept or pruned as one: all weights of one output, in a convolution its filter.</summary>
    /// <param name="norm">The norm of the scores by which rows are ranked; ties go to the lower row. Default L2.</param>
    /// <exception cref="ArgumentOutOfRangeException">The norm is undefined.</exception>
    public static MaskPattern Row(UnitNorm norm = UnitNorm.L2) => Whole(BlockShape.Row, norm);

    /// <summary>Whole filters of convolutions: another name of <see cref="Row"/>, and equal to it.</summary>
    /// <param name="norm">The norm of the scores by which filters are ranked; ties go to the lower one. Default L2.</param>
    /// <exception cref="ArgumentOutOfRangeException">The norm is undefined.</exception>
    public static MaskPattern Filter(UnitNorm norm = UnitNorm.L2) => Row(norm);

    /// <summary>Whole columns of the matrix outputs × everything else, kept or pruned as one: the weights of all outputs for one input, in a convolution for one place of the kernel of one input channel.</summary>
    /// <param name="norm">The norm of the scores by which columns are ranked; ties go to the lower column. Default L2.</param>
    /// <exception cref="ArgumentOutOfRangeException">The norm is undefined.</exception>
    public static MaskPattern Column(UnitNorm norm = UnitNorm.L2) => Whole(BlockShape.Column, norm);

    /// <summary>Whole input channels, kept or pruned as one: the weights of all outputs for one input channel with its kernel; in a linear layer its columns.</summary>
    /// <param name="norm">The norm of the scores by which channels are ranked; ties go to the lower channel. Default L2.</param>
    /// <exception cref="ArgumentOutOfRangeException">The norm is undefined.</exception>
    public static MaskPattern Channel(UnitNorm norm = UnitNorm.L2) => Whole(BlockShape.Channel, norm);

    /// <summary>A custom pattern, passed to the plan under this name with <c>MaskMethods.WithPattern</c>.</summary>
    /// <param name="name">The name, not empty and not that of a built-in pattern.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    public static MaskPattern Custom(string name) => CustomOfFile(CustomName.Of(name, "nOfM", "block", "row", "column", "channel", "filter"));

    /// <summary>A custom pattern in a file, where older versions allowed the name of a built-in one.</summary>
    internal static MaskPattern CustomOfFile(string name) => new(null, CustomName.Of(name, "element"));

    /// <summary>Formats the pattern, e.g. <c>"element"</c>, <c>"2:4 along inputs, padded"</c> or <c>"4×4 blocks by L2"</c>.</summary>
    public override string ToString() => Name is not null ? $"custom '{Name}'" : BuiltIn?.ToString() ?? "element";

    private static MaskPattern Whole(BlockShape shape, UnitNorm norm) => new(new BlockPattern(shape, 0, 0, Defined.Value(norm), false), null);
}
