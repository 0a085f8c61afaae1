using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>One treatment with one seed: the smallest thing that a study trains.</summary>
public sealed record Trial
{
    internal Trial(Treatment treatment, long seed, int threads)
    {
        Treatment = treatment;
        Seed = seed;
        Name = string.Create(CultureInfo.InvariantCulture, $"{treatment.Name}-seed-{seed}");
        Schedule = treatment.ScheduleFor(seed);
        Plan = Schedule == treatment.Plan.Schedule ? treatment.Plan : Plans.Plan.Resolve(Schedule, treatment.Plan.Shape, treatment.Plan.StepsPerEpoch);
        Fingerprint = FingerprintOf(treatment.Config, Schedule, seed, threads);
    }

    /// <summary>The name of its folder.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public Treatment Treatment { get; }

    /// <summary>Its seed.</summary>
    public long Seed { get; }

    /// <summary>Its schedule; a random mask is that of its seed.</summary>
    public Schedule Schedule { get; }

    /// <summary>A hash of everything that decides its result; a folder with another belongs to another study.</summary>
    public string Fingerprint { get; }

    /// <summary>Its schedule on its network: the treatment's own plan, but for a random mask, which is that of its seed.</summary>
    internal Plan Plan { get; }

    /// <summary>The fingerprint of a trial.</summary>
    internal static string FingerprintOf(TrainingConfig setting, Schedule schedule, long seed, int threads)
    {
        var node = new JsonObject { ["setting"] = TrainingConfigJson.ToNode(setting), ["schedule"] = ScheduleJson.ToNode(schedule), ["seed"] = seed, ["threads"] = threads };
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(node.ToJsonString())))[..32];
    }
}
