namespace Dsd.Checkpoints;

/// <summary>The losses seen in a run so far, as far as they tell whether it has diverged.</summary>
/// <param name="First">The first, with its step; null before it.</param>
/// <param name="Last">The last, with its step.</param>
/// <param name="Lowest">The lowest; infinite before the first.</param>
internal readonly record struct LossesSeen((long Step, double Loss)? First, (long Step, double Loss)? Last, double Lowest);
