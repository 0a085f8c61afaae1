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

    /// <summary>Divides the blocks of a study into those that are trained at once: as many as are planned, which the last of a treatment may fall short of.</summary>
    /// <param name="plan">The study, resolved.</param>
    /// <param name="seeds">How the seeds of each config are trained; null for one after another.</param>
    public static IEnumerable<TrialBlock[]> Together(StudyPlan plan, IReadOnlyList<SeedsPreview>? seeds) => plan.TrialBlocks
        .GroupBy(b => b.Trials[0].Treatment)
        .SelectMany(blocks => blocks.Chunk(Math.Max(1, seeds?.FirstOrDefault(s => s.Config == blocks.Key.Config)?.Count ?? 1)));

    /// <summary>Writes how seeds are trained.</summary>
    public static string Sentence(int count, string? reason) => count > 1
        ? string.Create(CultureInfo.InvariantCulture, $"{count} seeds are trained at once.")
        : $"Seeds are trained one after another{(reason is null ? "" : $": {reason}")}.";
}
