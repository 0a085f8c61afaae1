using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>What is to be trained, checked as far as that goes without data.</summary>
internal sealed record Experiment(
    ModelEntry Model,
    DataEntry Data,
    Schedule Schedule,
    IReadOnlyList<Arm> Arms,
    IReadOnlyDictionary<Arm, Plan> Plans,
    int Batch,
    int? TrainLimit);
