using System.Globalization;
using Dsd.Runs;

namespace Dsd.Studies;

/// <summary>How the seeds of one training config of a study are trained.</summary>
/// <param name="Config">The config.</param>
/// <param name="Count">The number of seeds at once; 1 for one after another.</param>
/// <param name="Reason">The reason why they are trained one after another, if there is one to give.</param>
internal sealed record SeedsPreview(TrainingConfig Config, int Count, string? Reason)
{
    /// <summary>Formats it as a sentence.</summary>
    public override string ToString() => Sentence(Count, Reason);

    /// <summary>Writes how seeds are trained.</summary>
    public static string Sentence(int count, string? reason) => count > 1
        ? string.Create(CultureInfo.InvariantCulture, $"{count} seeds are trained at once.")
        : $"Seeds are trained one after another{(reason is null ? "" : $": {reason}")}.";
}
