using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>The custom distributions, patterns and masks that a plan may need, by the names that schedules use.</summary>
/// <remarks>Implemented by <c>MaskMethods</c>, of which a plan needs only this part, without tensors.</remarks>
public interface IPlanMethods
{
    /// <summary>The functions of custom distributions by name: of the layers to prune and their sparsity, one level per layer.</summary>
    IReadOnlyDictionary<string, Func<IReadOnlyList<ParameterShape>, Sparsity, IReadOnlyList<double>>> Distributions { get; }

    /// <summary>The custom patterns by name.</summary>
    IReadOnlyDictionary<string, IMaskPattern> Patterns { get; }

    /// <summary>The names of given masks. Default: none.</summary>
    IEnumerable<string> MaskNames => [];

    /// <summary>Counts the weights of a parameter and those that given masks keep of them.</summary>
    /// <param name="masks">The masks, all names of which are in <see cref="MaskNames"/>.</param>
    /// <param name="parameter">The parameter's full name.</param>
    /// <returns>The counts; null where the masks have none for the parameter, or depend on the phase before. Default: null.</returns>
    (long Weights, long Kept)? CountsOf(GivenMasks masks, string parameter) => null;
}
