using Dsd.Schedules;

namespace Dsd.Plans;

/// <summary>The distributions and patterns of the user's that a plan may need, by the names by which schedules call them.</summary>
/// <remarks><c>MaskMethods</c> is one; a plan needs no more of it, and no tensor.</remarks>
public interface IPlanMethods
{
    /// <summary>The functions of custom distributions by name.</summary>
    IReadOnlyDictionary<string, SparsityLevels> Distributions { get; }

    /// <summary>The custom patterns by name.</summary>
    IReadOnlyDictionary<string, IMaskPattern> Patterns { get; }
}
