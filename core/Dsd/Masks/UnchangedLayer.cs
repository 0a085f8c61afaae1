namespace Dsd.Masks;

/// <summary>Calls a custom function on a live layer, whose weights and gradient it must leave as they are, bit for bit.</summary>
internal static class UnchangedLayer
{
    /// <summary>Returns the function's result; where it changed the layer, or threw, the layer is as before.</summary>
    /// <param name="context">The layer.</param>
    /// <param name="by">The function, for messages.</param>
    /// <param name="call">The call of the function.</param>
    /// <exception cref="DsdException">The function changed the weights or the gradient.</exception>
    public static T Call<T>(MaskContext context, string by, Func<T> call)
    {
        using var weight = new ValuesBefore(context.Weight);
        using var gradient = context.Gradient is { } slope ? new ValuesBefore(slope) : null;
        T result;
        try
        {
            result = call();
        }
        catch
        {
            weight.Restore();
            gradient?.Restore();
            throw;
        }

        var (what, member) = (weight.Restore(), gradient?.Restore() ?? false) switch
        {
            (false, false) => default,
            (true, false) => ("weights", nameof(MaskContext.Weight)),
            (false, true) => ("gradient", nameof(MaskContext.Gradient)),
            _ => ("weights and the gradient", nameof(MaskContext.Weight)),
        };
        return what is null
            ? result
            : throw new DsdException($"The {by} changed the {what} of {context.Name} in place; the values before are restored. It must work on a copy: layer.{member}.abs() instead of layer.{member}.abs_(), or layer.{member}.clone().");
    }
}
