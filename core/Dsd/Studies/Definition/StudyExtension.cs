namespace Dsd.Studies;

/// <summary>The record of an extension of a started study by more seeds, and of what was known by then.</summary>
/// <param name="From">The number of seeds before.</param>
/// <param name="To">The number of seeds after.</param>
/// <param name="WasJudged">True if the study had been evaluated.</param>
/// <param name="TestWasRead">True if the test split had been read, at least in part.</param>
/// <param name="Time">The time of the extension.</param>
internal sealed record StudyExtension(int From, int To, bool WasJudged, bool TestWasRead, DateTimeOffset Time);
