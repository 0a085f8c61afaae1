using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>What is to be trained, checked as far as that goes without data.</summary>
/// <param name="Config">The network, the data and how it is trained.</param>
/// <param name="Model">The network.</param>
/// <param name="Data">The data.</param>
/// <param name="Schedule">The schedule of the first arm.</param>
/// <param name="Arms">The arms.</param>
/// <param name="Plans">Each arm's schedule on the network.</param>
internal sealed record Experiment(
    TrainingConfig Config,
    ModelEntry Model,
    DataEntry Data,
    Schedule Schedule,
    IReadOnlyList<Arm> Arms,
    IReadOnlyDictionary<Arm, Plan> Plans);
