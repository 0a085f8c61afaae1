namespace Dsd.Studies;

/// <summary>One of the treatments among which an arm's is selected on validation.</summary>
/// <param name="Treatment">The treatment.</param>
/// <param name="RateFactors">The factors of the study's grid of rates with which it trains like this; empty if the arm's rates are not of the grid.</param>
internal sealed record ArmCandidate(Treatment Treatment, ValueList<double> RateFactors);
