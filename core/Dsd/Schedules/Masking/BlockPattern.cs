using System.Globalization;

namespace Dsd.Schedules;

/// <summary>The shape of the units into which a <see cref="BlockPattern"/> divides the matrix of outputs and everything else.</summary>
internal enum BlockShape
{
    /// <summary>Blocks of a given height and width.</summary>
    Block,

    /// <summary>All weights of one output.</summary>
    Row,

    /// <summary>The weights of all outputs at one place of the rest.</summary>
    Column,

    /// <summary>The weights of all outputs for one input channel, the kernel included.</summary>
    Channel,
}

/// <summary>Whole blocks of the matrix outputs × everything else: blocks of r × c, rows, columns, or input channels.</summary>
/// <remarks>
/// Sources: Gray, Radford and Kingma, "GPU kernels for block-sparse weights", 2017 (blocks); Li et al., "Pruning filters for efficient
/// ConvNets", 2017 (filters: rows, by L1); He, Zhang and Sun, "Channel pruning for accelerating very deep neural networks", 2017 (channels).
/// </remarks>
/// <param name="Shape">The shape of the blocks.</param>
/// <param name="Rows">The height of a block; 0 for other shapes.</param>
/// <param name="Columns">The width of a block; 0 for other shapes.</param>
/// <param name="Norm">The norm that ranks them.</param>
/// <param name="Pad">Whether blocks at the last rows and columns may be smaller, as if zeros followed.</param>
internal sealed record BlockPattern(BlockShape Shape, int Rows, int Columns, UnitNorm Norm, bool Pad) : IMaskPattern
{
    public string? Refuse(ValueList<long> dims, Sparsity sparsity)
    {
        if (dims.Count < 2)
        {
            return string.Create(CultureInfo.InvariantCulture, $"has {dims.Count} dimension{(dims.Count == 1 ? "" : "s")}, so that it is no matrix for {this}. Keep it dense");
        }

        var ((rows, columns), (height, width)) = (Matrix(dims), Size(dims));
        return Pad || rows * columns == 0 || (rows % height == 0 && columns % width == 0)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"is a matrix of {rows} outputs × {columns}, which {this} do not divide. Keep it dense, give the layer a width that they do, or pad the last blocks with MaskPattern.Block({Rows}, {Columns}, UnitNorm.{Norm}, pad: true), in JSON \"pad\": true");
    }

    public PatternGroups Divide(ValueList<long> dims, Sparsity sparsity)
    {
        var ((rows, columns), (height, width)) = (Matrix(dims), Size(dims));
        if (rows * columns == 0)
        {
            return new(0, 1, 1, (_, _) => 0);
        }

        // Blocks at an edge are smaller. They are ranked among those of their own size, so that the number of kept weights is exact and known in advance.
        var ((down, low), (across, narrow)) = (Math.DivRem(rows, height), Math.DivRem(columns, width));
        BlockStrides[] parts =
        [
            new(columns, 0, 0, down, across, height, width),
            new(columns, 0, across * width, down, Math.Min(1, narrow), height, narrow),
            new(columns, down * height, 0, Math.Min(1, low), across, low, width),
            new(columns, down * height, across * width, Math.Min(1, low), Math.Min(1, narrow), low, narrow),
        ];
        parts = [.. parts.Where(p => p.Down * p.Across > 0)];
        var keep = Shares([.. parts.Select(p => p.Down * p.Across)], sparsity);
        return parts.Zip(keep, (part, kept) => new PatternGroups(part, kept, Norm)).Aggregate((all, more) => all.And(more));
    }

    public override string ToString()
    {
        var units = Shape switch
        {
            BlockShape.Row => "rows",
            BlockShape.Column => "columns",
            BlockShape.Channel => "channels",
            _ => string.Create(CultureInfo.InvariantCulture, $"{Rows}×{Columns} blocks"),
        };
        return $"{units} by {(Norm == UnitNorm.LInfinity ? "L∞" : Norm)}{(Pad ? ", padded" : "")}";
    }

    /// <summary>Shares out the kept units in proportion to the numbers of units, by largest remainders; of equal ones to the first.</summary>
    private static long[] Shares(long[] units, Sparsity sparsity)
    {
        var (all, keep) = (units.Sum(), sparsity.Kept(units.Sum()));
        var quotas = Array.ConvertAll(units, u => Int128.DivRem((Int128)keep * u, all));
        var left = keep - quotas.Sum(q => (long)q.Quotient);
        var raised = Enumerable.Range(0, units.Length).OrderByDescending(i => quotas[i].Remainder).Take((int)left).ToHashSet();
        return [.. quotas.Select((q, i) => (long)q.Quotient + (raised.Contains(i) ? 1 : 0))];
    }

    private static (long Rows, long Columns) Matrix(ValueList<long> dims) => (dims[0], Product(dims.Skip(1)));

    private static long Product(IEnumerable<long> dims) => dims.Aggregate(1L, (product, dim) => product * dim);

    private (long Height, long Width) Size(ValueList<long> dims) => Shape switch
    {
        BlockShape.Row => (1, Product(dims.Skip(1))),
        BlockShape.Column => (dims[0], 1),
        BlockShape.Channel => (dims[0], Product(dims.Skip(2))),
        _ => (Rows, Columns),
    };
}
