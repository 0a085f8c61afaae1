using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>A phase begins: its first mask, if any, is in place and no step of it is done.</summary>
/// <param name="Phase">Its place in the plan, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="Step">The step of the run with which it begins.</param>
/// <param name="Steps">How many steps it has.</param>
/// <param name="Histograms">The weights of every weight tensor of the network, pruned or not.</param>
public sealed record PhaseStarted(int Phase, string Name, long Step, long Steps, ValueList<WeightHistogram> Histograms) : TrainingEvent;
