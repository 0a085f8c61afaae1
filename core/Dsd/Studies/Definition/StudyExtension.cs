namespace Dsd.Studies;

/// <summary>Records that a study which was begun was given more seeds, and what could be known by then.</summary>
/// <param name="From">How many seeds it had.</param>
/// <param name="To">How many it has since.</param>
/// <param name="WasJudged">Whether it had been judged.</param>
/// <param name="TestWasRead">Whether the test split had been read, be it in part.</param>
/// <param name="Time">When it was extended.</param>
public sealed record StudyExtension(int From, int To, bool WasJudged, bool TestWasRead, DateTimeOffset Time);
