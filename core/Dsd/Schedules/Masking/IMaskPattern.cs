namespace Dsd.Schedules;

/// <summary>A pattern that masks obey: a tensor's weights fall into groups, and of each group equally many stay.</summary>
/// <remarks>
/// A pattern of one's own is given to the plan with <c>MaskMethods.WithPattern</c>. Within a group the criterion decides; of equal weights the
/// one with the lower place in the group stays. <c>ToString</c> names it in tables. The same dimensions and sparsity must give the same answer.
/// </remarks>
public interface IMaskPattern
{
    /// <summary>Says why the pattern cannot hold on a tensor, and what to do about it.</summary>
    /// <param name="dims">The dimensions of the tensor, outermost first, e.g. outputs, inputs, height, width.</param>
    /// <param name="sparsity">The sparsity that the tensor is to have.</param>
    /// <returns>The end of a sentence that begins with the layer, e.g. <c>"has 10 inputs, …"</c>; null where the pattern fits.</returns>
    string? Refuse(ValueList<long> dims, Sparsity sparsity);

    /// <summary>Divides a tensor that is not refused.</summary>
    /// <param name="dims">The dimensions of the tensor, outermost first.</param>
    /// <param name="sparsity">The sparsity that the tensor is to have.</param>
    PatternGroups Divide(ValueList<long> dims, Sparsity sparsity);
}
