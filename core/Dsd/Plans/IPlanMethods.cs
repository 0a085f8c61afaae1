using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>The custom distributions and patterns that a plan may need, by the names that schedules use.</summary>
/// <remarks>Implemented by <c>MaskMethods</c>, of which a plan needs only this part, without tensors.</remarks>
public interface IPlanMethods
{
    /// <summary>The functions of custom distributions by name: of the layers to prune and their sparsity, one level per layer.</summary>
    IReadOnlyDictionary<string, Func<IReadOnlyList<ParameterShape>, Sparsity, IReadOnlyList<double>>> Distributions { get; }

    /// <summary>The custom patterns by name.</summary>
    IReadOnlyDictionary<string, IMaskPattern> Patterns { get; }
}
