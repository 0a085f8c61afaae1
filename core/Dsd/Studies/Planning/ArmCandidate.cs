namespace Dsd.Studies;

/// <summary>One of the treatments among which an arm's is selected on validation.</summary>
/// <param name="Treatment">The treatment.</param>
/// <param name="RateFactor">The factor of the study's grid of rates; null if the arm's rates are not of it.</param>
internal sealed record ArmCandidate(Treatment Treatment, double? RateFactor);
