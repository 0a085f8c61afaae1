using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>A trial: one treatment with one seed.</summary>
public sealed record Trial
{
    internal Trial(Treatment treatment, long seed, Study study, IPlanMethods? methods = null)
    {
        Treatment = treatment;
        Seed = seed;
        Name = string.Create(CultureInfo.InvariantCulture, $"{treatment.Name}-seed-{seed}");
        Schedule = treatment.ScheduleFor(seed);
        Plan = Schedule == treatment.Plan.Schedule ? treatment.Plan : Plans.Plan.OfRecord(Schedule, treatment.Plan.Shape, treatment.Plan.StepsPerEpoch, methods);
        Fingerprint = FingerprintOf(treatment.Config, Schedule, seed, study.Threads, study.Device);
    }

    /// <summary>The name of its folder.</summary>
    public string Name { get; }

    /// <summary>The treatment.</summary>
    public Treatment Treatment { get; }

    /// <summary>The seed.</summary>
    public long Seed { get; }

    /// <summary>The schedule, with random masks of its seed.</summary>
    public Schedule Schedule { get; }

    /// <summary>A hash of everything that determines its result; a folder with another hash belongs to another study.</summary>
    public string Fingerprint { get; }

    /// <summary>The schedule on the network: the plan of the treatment, except for a random mask, which depends on the seed.</summary>
    internal Plan Plan { get; }

    /// <summary>Lists the steps after which the test split is read, those at the end of training excepted.</summary>
    /// <param name="study">The study, which names the phases.</param>
    internal IEnumerable<long> StepsOfTests(Study study) => Treatment.Plan.Phases
        .Where(p => study.TestAfter.Contains(p.Phase.Name))
        .Select(p => p.FirstStep + p.Steps)
        .Where(end => end < Treatment.Plan.TotalSteps);

    /// <summary>Computes the fingerprint of a trial.</summary>
    internal static string FingerprintOf(TrainingConfig config, Schedule schedule, long seed, int threads, string? device = null)
    {
        var node = new JsonObject { ["setting"] = TrainingConfigJson.ToNode(config), ["schedule"] = ScheduleJson.ToNode(schedule), ["seed"] = seed, ["threads"] = threads };
        if (device is not null)
        {
            node["device"] = DeviceName.KindOf(device);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(node.ToJsonString())))[..32];
    }
}
