using System.Globalization;
using System.Text.Json.Nodes;

namespace Dsd.Runs;

/// <summary>One of the schedules in a config's JSON form: the one under test, or that of an arm.</summary>
/// <param name="Arm">The first arm that trains it; null where only the control follows it.</param>
/// <param name="Place">The path to it.</param>
/// <param name="Phases">Its phases as an earlier change may have left them: null for each that is no object, and none if there is no list.</param>
internal sealed record ScheduleInConfig(string? Arm, string[] Place, List<JsonObject?> Phases)
{
    /// <summary>The names of the phases; empty where there is none.</summary>
    public List<string> Names => Phases.ConvertAll(p => p?["name"]?.ToString() ?? "");

    /// <summary>Finds the schedules of a config, the one under test first.</summary>
    public static List<ScheduleInConfig> AllOf(JsonObject root)
    {
        var arms = root["arms"] as JsonArray ?? [];
        var own = arms.Index().Where(a => a.Item is JsonObject arm && arm["schedule"] is not null).ToList();
        var following = arms.Where(a => a is JsonValue || (a is JsonObject arm && arm["schedule"] is null)).ToList();
        var tested = following.Find(a => a is not JsonValue || a.ToString() != "control");
        return
        [
            .. following.Count == 0 && own.Count > 0 ? [] : new[] { new ScheduleInConfig(tested is null ? null : NameOf(tested), ["schedule"], PhasesOf(root["schedule"])) },
            .. own.Select(a => new ScheduleInConfig(NameOf(a.Item!), ["arms", a.Index.ToString(CultureInfo.InvariantCulture), "schedule"], PhasesOf(a.Item!["schedule"]))),
        ];
    }

    /// <summary>Where its phases are, in the words of a path.</summary>
    public string Prefix => (Arm ?? "schedule") + ".";

    /// <summary>Returns the path from the root to a path in a phase, which is given by its name or its place, such as <c>phases.1</c>; null if there is no such phase.</summary>
    /// <param name="path">The path.</param>
    /// <param name="prefix">What stands before a place in messages.</param>
    /// <exception cref="FormatException">Several phases have the name.</exception>
    public List<string>? Within(string path, string prefix)
    {
        var segments = path.Split('.');
        if (segments[0] == "phases")
        {
            return segments.Length == 1 || (int.TryParse(segments[1], NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < Phases.Count) ? [.. Place, .. segments] : null;
        }

        var found = Names.Where(n => n.Length > 0 && path.StartsWith(n + ".", StringComparison.Ordinal)).Distinct().MaxBy(n => n.Length);
        return found is null ? null
            : Names.Count(n => n == found) == 1 ? [.. Place, "phases", Names.IndexOf(found).ToString(CultureInfo.InvariantCulture), .. path[(found.Length + 1)..].Split('.')]
            : throw new FormatException($"{Names.Count(n => n == found)} phases are named {found}; say which by its place: {string.Join(", ", Names.Index().Where(n => n.Item == found).Select(n => string.Create(CultureInfo.InvariantCulture, $"{prefix}phases.{n.Index}")))}.");
    }

    private static string NameOf(JsonNode arm) => arm is JsonObject own ? own["name"]?.ToString() ?? "" : arm.ToString();

    private static List<JsonObject?> PhasesOf(JsonNode? schedule) => schedule is JsonObject { } node && node["phases"] is JsonArray list ? [.. list.Select(p => p as JsonObject)] : [];
}
