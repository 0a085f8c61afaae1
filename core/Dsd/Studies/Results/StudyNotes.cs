using System.Globalization;
using Dsd.Plans;

namespace Dsd.Studies;

/// <summary>Notes on the history of a study that affect the interpretation of its results.</summary>
internal static class StudyNotes
{
    /// <summary>True if the test split had been read before seeds were added.</summary>
    public static bool TestWasReadBefore(StudyResults results) => results.Plan.Study.Extensions.Any(e => e.TestWasRead);

    /// <summary>Lists the notes as sentences.</summary>
    public static IEnumerable<string> Of(StudyResults results)
    {
        foreach (var extension in results.Plan.Study.Extensions)
        {
            var when = extension.TestWasRead ? "after the test set was read"
                : extension.WasJudged ? "after it was judged on validation"
                : "before it was judged";
            var meaning = extension.TestWasRead || extension.WasJudged
                ? " Selections were repeated on validation over all seeds; but the seeds were added when the first results could be known, so intervals and p-values are less reliable than those of a study planned with this many seeds."
                : "";
            yield return string.Create(CultureInfo.InvariantCulture, $"Extended from {extension.From} to {extension.To} seeds {when}.{meaning}");
        }

        if (results.IsUnverified)
        {
            yield return "Judged by an earlier version of Dsd, which kept no hashes: later changes of measurements on test or of the selection cannot be detected.";
        }

        foreach (var group in results.Trials.GroupBy(t => t.Trial.Treatment.Config.Data))
        {
            var unknown = group.Count(t => t.Data is null);
            if (unknown > 0 && unknown < group.Count())
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{unknown} of {group.Count()} trials on {group.Key} have no fingerprint of their data: whether these were the same as of the others cannot be compared.");
            }
        }
    }
}
