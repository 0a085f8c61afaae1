namespace Dsd.Studies;

/// <summary>The hashes of a trial's files at the time of a judgement.</summary>
/// <param name="Trial">The SHA-256 of <c>trial.json</c>, which holds that of the event log.</param>
/// <param name="Test">The SHA-256 of <c>test.jsonl</c>; null if the trial was not measured on test.</param>
internal sealed record JudgedTrial(string Trial, string? Test);
