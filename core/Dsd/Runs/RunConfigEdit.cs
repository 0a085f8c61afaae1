using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dsd.Runs;

/// <summary>Changes single values of a config by their paths in its JSON form, which is then read and validated as usual.</summary>
internal static class RunConfigEdit
{
    /// <summary>Changes values, or throws with every problem.</summary>
    public static RunConfig Apply(RunConfig config, IReadOnlyList<string> assignments)
    {
        var wanted = assignments.ToList();
        var problems = new List<string>();
        while (true)
        {
            var root = RunConfigJson.ToNode(config);
            var places = new List<(string Assignment, string Place)>();
            foreach (var assignment in wanted.ToList())
            {
                try
                {
                    places.Add((assignment, Put(root, assignment)));
                }
                catch (FormatException e)
                {
                    problems.Add($"{assignment}: {e.Message}");
                    wanted.Remove(assignment);
                }
            }

            try
            {
                using var document = JsonDocument.Parse(root.ToJsonString());
                var made = RunConfigJson.Read(new JsonPlace(document.RootElement, ""));
                return problems.Count == 0 ? made : throw new DsdException(string.Join('\n', problems));
            }
            catch (JsonFormatException e) when (places.Count > 0)
            {
                // Without the invalid assignment, the others are checked again. Of two for one place, the later is in effect.
                var culprit = places.AsEnumerable().Reverse().OrderBy(p => Distance(p.Place, e)).First().Assignment;
                problems.Add($"{culprit}: {e.Message}.");
                wanted.Remove(culprit);
            }
        }
    }

    /// <summary>Puts a value into the tree.</summary>
    /// <returns>The place, as the reader's messages name it.</returns>
    private static string Put(JsonObject root, string assignment)
    {
        var at = assignment.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0)
        {
            throw new FormatException("write a path, '=' and a value, such as sparse.sparsity=0.4.");
        }

        var (path, value) = (Resolve(root, assignment[..at].Trim()), assignment[(at + 1)..].Trim());
        JsonNode node = root;
        var place = "";
        foreach (var (segment, isLast) in path.Select((s, i) => (s, i == path.Count - 1)))
        {
            if (node is JsonArray list)
            {
                var index = Index(list, segment, place);
                place += string.Create(CultureInfo.InvariantCulture, $"[{index}]");
                if (isLast)
                {
                    list[index] = Parse(value);
                }
                else
                {
                    node = list[index] is { } item and (JsonObject or JsonArray) ? item : list[index] = new JsonObject();
                }
            }
            else
            {
                var fields = node.AsObject();
                place += (place.Length == 0 ? "" : ".") + segment;
                if (isLast && place == "optimizer.kind" && fields["kind"]?.ToString() != value)
                {
                    // The constants of one optimiser do not apply to another.
                    root["optimizer"] = new JsonObject { ["kind"] = Parse(value) };
                }
                else if (isLast)
                {
                    fields[segment] = Parse(value);
                }
                else
                {
                    node = fields[segment] is { } field and (JsonObject or JsonArray) ? field : fields[segment] = new JsonObject();
                }
            }
        }

        return place;
    }

    /// <summary>Returns the path from the root: phases may be named without the schedule before them.</summary>
    private static List<string> Resolve(JsonObject root, string path)
    {
        path = path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);
        var segments = path.Split('.').ToList();
        if (RunConfigJson.FieldNames.Contains(segments[0]))
        {
            return segments;
        }

        var schedules = ScheduleInConfig.AllOf(root);
        if (segments[0] == "phases" && schedules.Count == 1)
        {
            return [.. schedules[0].Place, .. segments];
        }

        // A name may contain dots.
        var found = schedules.Select(s => (Schedule: s, Path: s.Within(path, schedules.Count == 1 ? "" : s.Prefix)!)).Where(s => s.Path is not null).ToList();
        if (found.Count > 1)
        {
            throw new FormatException($"{found.Count} arms have such a phase, each in a schedule of its own; say whose it is: {string.Join(" or ", found.Select(s => s.Schedule.Arm is null ? string.Join('.', s.Path) : s.Schedule.Prefix + path))}.");
        }

        var named = schedules.Where(s => s.Arm is not null && path.StartsWith(s.Prefix, StringComparison.Ordinal)).MaxBy(s => s.Prefix.Length);
        var rest = named is null ? "" : path[named.Prefix.Length..];
        return found.Count == 1 ? found[0].Path
            : named is not null && rest.StartsWith("phases.", StringComparison.Ordinal) ? [.. named.Place, .. rest.Split('.')]
            : named?.Within(rest, named.Prefix)
            ?? throw new FormatException(Unknown(schedules, path));
    }

    private static string Unknown(List<ScheduleInConfig> schedules, string path)
    {
        var fields = RunConfigJson.FieldNames.Skip(1).ToList();
        var names = schedules.SelectMany(s => s.Names).Distinct().ToList();
        var inPhases = schedules.SelectMany(s => s.Phases).OfType<JsonObject>().SelectMany(p => p.Select(f => $"{p["name"]}.{f.Key}"));
        var nearest = NearestNames.Likely(path, [.. fields, .. inPhases, .. names], 3);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"there is no '{path}'{(nearest.Count == 0 ? "." : $"; did you mean {string.Join(" or ", nearest)}?")} A run has {string.Join(", ", fields)}{(names.Count == 0 ? "" : $"; its phases are {string.Join(", ", names)}, or phases.0 to phases.{schedules.Max(s => s.Phases.Count) - 1}, each with fields such as duration, rate and sparsity")}.");
    }

    private static int Index(JsonArray list, string segment, string place) =>
        int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Count
            ? index
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"there is no '{segment}' in {place}; {(list.Count == 0 ? "it is empty" : $"its entries are 0 to {list.Count - 1}")}."));

    /// <summary>Parses a value as JSON if possible, or otherwise as a string.</summary>
    private static JsonNode? Parse(string value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            CheckReadable(document.RootElement);
            return JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            return JsonValue.Create(value);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("a text in the value holds half of a character (an unpaired surrogate).", e);
        }
    }

    /// <summary>Reads all names and texts of a value, which the tree would not do before some later access.</summary>
    private static void CheckReadable(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            var seen = new HashSet<string>();
            foreach (var field in value.EnumerateObject())
            {
                if (!seen.Add(field.Name))
                {
                    throw new FormatException($"the value has the field '{field.Name}' twice.");
                }

                CheckReadable(field.Value);
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                CheckReadable(item);
            }
        }
        else if (value.ValueKind == JsonValueKind.String)
        {
            value.GetString();
        }
    }

    /// <summary>Returns the distance of a changed place from the place that the reader reports.</summary>
    private static int Distance(string place, JsonFormatException e) =>
        e.Path == place || IsWithin(e.Path, place) ? 0
        : IsWithin(place, e.Path) ? (e.Message.Contains($"'{place[(e.Path.Length + 1)..].Split('.', '[')[0]}'", StringComparison.Ordinal) ? 1 : 2)
        : 3;

    private static bool IsWithin(string inner, string outer) => inner.Length > outer.Length && inner.StartsWith(outer, StringComparison.Ordinal) && inner[outer.Length] is ('.' or '[');
}
