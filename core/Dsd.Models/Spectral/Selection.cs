using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>Copies of tensors with some of their rows and columns.</summary>
internal static class Selection
{
    /// <summary>Copies a tensor with some of its rows and columns; null selects all.</summary>
    public static Tensor Of(Tensor tensor, Tensor? rows, Tensor? columns = null)
    {
        using var scope = NewDisposeScope();
        var selected = rows is null ? tensor : tensor.index_select(0, rows);
        selected = columns is null ? selected : selected.index_select(1, columns);
        return selected.detach().clone().MoveToOuterDisposeScope();
    }
}
