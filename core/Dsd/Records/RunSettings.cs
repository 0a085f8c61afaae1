using System.Globalization;
using System.Text.Json.Nodes;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Records;

/// <summary>The settings of a run as its record has them, so of runs of every version.</summary>
internal static class RunSettings
{
    private static readonly string[] s_surroundings = ["seed", "device", "threads", "platform", "version"];

    /// <summary>Gets the settings of a run with what it ran on, each by its path, e.g. <c>dsd: phases.sparse.sparsity</c>.</summary>
    public static IReadOnlyDictionary<string, string> Of(Comparison run)
    {
        var settings = Shared(run.Runs.Select(r => r.Start).First(s => s is not null)!);
        settings["arms"] = string.Join(", ", run.Runs.Select(r => r.Arm));
        foreach (var arm in run.Runs.Select(r => r.Start).OfType<RunStarted>())
        {
            Flatten(JsonNode.Parse(arm.Schedule.ToJson())!, $"{arm.Arm}: ", settings);
        }

        return settings;
    }

    /// <summary>Gets the settings of one arm, its schedule without the arm's name.</summary>
    public static IReadOnlyDictionary<string, string> Of(RunStarted start)
    {
        var settings = Shared(start);
        settings["arm"] = start.Arm;
        Flatten(JsonNode.Parse(start.Schedule.ToJson())!, "", settings);
        return settings;
    }

    private static Dictionary<string, string> Shared(RunStarted start) => new()
    {
        ["network"] = start.Model,
        ["weights"] = start.Shape.Count.ToString(CultureInfo.InvariantCulture),
        ["data"] = start.Data,
        ["task"] = start.TaskSettings.Replace(FormattableString.Invariant($"seed {start.Seed}"), "the run's seed", StringComparison.Ordinal),
        ["steps per epoch"] = start.StepsPerEpoch.ToString(CultureInfo.InvariantCulture),
        ["optimiser"] = start.Optimizer,
        ["gradient clip"] = start.GradientClip?.ToString(CultureInfo.InvariantCulture) ?? "none",
        ["seed"] = start.Seed.ToString(CultureInfo.InvariantCulture),
        ["computation"] = start.Computation,
        ["device"] = start.Accelerator ?? start.Device,
        ["threads"] = start.Threads.ToString(CultureInfo.InvariantCulture),
        ["platform"] = start.Platform,
        ["version"] = start.Version,
    };

    /// <summary>Returns what repetitions of a run have in common: all settings but the seed.</summary>
    public static string InCommon(Comparison run) => string.Join('\n', Of(run).Where(s => !s_surroundings.Contains(s.Key)).Select(s => $"{s.Key}={s.Value}"));

    private static void Flatten(JsonNode? node, string path, Dictionary<string, string> into)
    {
        switch (node)
        {
            case JsonObject fields:
                fields.ToList().ForEach(f => Flatten(f.Value, Below(f.Key), into));
                break;
            case JsonArray items:
                // A phase is better known by its name than by its place, if no other has it.
                var names = items.Select(i => (i as JsonObject)?["name"]?.ToString()).ToList();
                items.Index().ToList().ForEach(i => Flatten(i.Item, Below(names[i.Index] is { } name && names.Count(n => n == name) == 1 ? name : i.Index.ToString(CultureInfo.InvariantCulture)), into));
                break;
            default:
                into[path] = node?.ToJsonString().Trim('"') ?? "none";
                break;
        }

        string Below(string part) => path.Length == 0 || path.EndsWith(' ') ? path + part : $"{path}.{part}";
    }
}
