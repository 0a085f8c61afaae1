namespace Dsd.Schedules;

/// <summary>Blocks of equal size that tile a part of a matrix, as numbers rather than as a function: the kernels of masks follow them.</summary>
/// <param name="MatrixColumns">The number of columns of the whole matrix.</param>
/// <param name="Row">The first row of the part.</param>
/// <param name="Column">The first column of the part.</param>
/// <param name="Down">The number of blocks in a column of blocks.</param>
/// <param name="Across">The number of blocks in a row of blocks.</param>
/// <param name="Height">The number of rows of a block.</param>
/// <param name="Width">The number of columns of a block.</param>
internal sealed record BlockStrides(long MatrixColumns, long Row, long Column, long Down, long Across, long Height, long Width)
{
    /// <summary>The row-major index of a weight, by its place: blocks one after another by rows of blocks, and each of them row by row.</summary>
    public long Index(long place)
    {
        var (block, within) = Math.DivRem(place, Height * Width);
        var (down, across) = Math.DivRem(block, Across);
        var (row, column) = Math.DivRem(within, Width);
        return ((Row + (down * Height) + row) * MatrixColumns) + Column + (across * Width) + column;
    }
}
