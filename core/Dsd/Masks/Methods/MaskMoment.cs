namespace Dsd.Masks;

/// <summary>The moment at which masks are chosen.</summary>
/// <param name="Step">The step of the run before which they are chosen, from 0.</param>
/// <param name="PhaseStep">The same step within the phase, from 0.</param>
/// <param name="PhaseSteps">The steps of the phase, at least 1.</param>
/// <param name="Update">The index of the choice within the phase, from 0.</param>
/// <param name="Seed">The seed of the run, for random numbers that are a function of seed, layer and step.</param>
internal sealed record MaskMoment(long Step, long PhaseStep, long PhaseSteps, long Update, long Seed);
