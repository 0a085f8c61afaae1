namespace Dsd.Schedules;

/// <summary>A pattern of masks: a tensor's weights are divided into groups, and each group keeps the same number of its weights, or of units of several.</summary>
/// <remarks>
/// A custom pattern is passed to the plan with <c>MaskMethods.WithPattern</c>. Within a group the criterion decides; ties go to
/// the lower unit of the group. The same dimensions and sparsity must produce the same groups.
/// </remarks>
public interface IMaskPattern
{
    /// <summary>Explains why the pattern does not fit a tensor, and how to fix it.</summary>
    /// <param name="dims">The dimensions of the tensor, outermost first, e.g. outputs, inputs, height, width.</param>
    /// <param name="sparsity">The sparsity of the tensor.</param>
    /// <returns>The end of a sentence that starts with the layer, e.g. <c>"has 10 inputs, …"</c>; null if the pattern fits.</returns>
    string? Refuse(ValueList<long> dims, Sparsity sparsity);

    /// <summary>Divides a tensor that the pattern fits into groups.</summary>
    /// <param name="dims">The dimensions of the tensor, outermost first.</param>
    /// <param name="sparsity">The sparsity of the tensor, which the groups must meet within less than one unit each.</param>
    /// <returns>The groups, not null; together they hold every weight once and keep at least one.</returns>
    PatternGroups Divide(ValueList<long> dims, Sparsity sparsity);
}
