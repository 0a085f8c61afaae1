using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>The JSON form of a <see cref="Study"/>, read strictly; reading a written study gives an equal one.</summary>
/// <remarks>The fields are described in core/docs/json-files.md.</remarks>
internal static class StudyJson
{
    private static readonly (string Word, Judgement Value)[] s_judgements = Json.Words<Judgement>();

    /// <summary>Reads a study.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonFormatException">The text is not a study; the message says where and why.</exception>
    public static Study Read(string json)
    {
        using var document = Json.Parse(json, "a study is an object with the fields 'name', 'setting', 'variants' or 'schedule', and 'seeds'");
        var root = new JsonPlace(document.RootElement, "").Fields("version", "name", "question", "setting", "schedule", "grid", "variants", "arms", "seeds", "judge", "threads", "device", "fingerprints", "extensions");
        if (root.At("version") is { } version && version.Whole() != 1)
        {
            throw version.Wrong($"this program reads version 1 of the format, not {version.Whole()}");
        }

        var config = TrainingConfigJson.Read(root.Required("setting"), null);
        var variants = ReadVariants(root, config);
        var arms = root.At("arms") is { } list ? list.Items().Select(ReadArm).ToList() : [StudyArm.Dsd, StudyArm.Control];
        var threads = root.At("threads") is { } count ? count.Int() : 1;
        var seeds = ReadSeeds(root.Required("seeds"));
        return root.Make(() => new Study(
            root.Required("name").Text(),
            config,
            variants,
            arms,
            seeds,
            root.At("judge")?.OneOf(s_judgements) ?? Judgement.Selected,
            root.At("question")?.Text(),
            threads,
            root.At("device")?.Text())
        {
            Fingerprints = (root.At("fingerprints")?.Items() ?? []).Select(StudyHistoryJson.ReadFingerprint).ToValueList(),
            Extensions = (root.At("extensions")?.Items() ?? []).Select(StudyHistoryJson.ReadExtension).ToValueList(),
        });
    }

    /// <summary>Writes a study; a grid is written as its variants.</summary>
    /// <param name="study">The study.</param>
    public static string Write(Study study)
    {
        ArgumentNullException.ThrowIfNull(study);
        var node = new JsonObject { ["version"] = 1, ["name"] = study.Name };
        if (study.Question.Length > 0)
        {
            node["question"] = study.Question;
        }

        node["setting"] = TrainingConfigJson.ToNode(study.Config);
        node["variants"] = new JsonArray([.. study.Variants.Select(v =>
        {
            var variant = new JsonObject { ["name"] = v.Name, ["schedule"] = ScheduleJson.ToNode(v.Schedule) };
            if (v.Config is { } own)
            {
                variant["setting"] = TrainingConfigJson.ToNode(own, study.Config);
            }

            return (JsonNode)variant;
        })]);
        node["arms"] = new JsonArray([.. study.Arms.Select(a => a.Kind == ArmKind.Own
            ? new JsonObject { ["name"] = a.Name, ["schedules"] = new JsonArray([.. a.Candidates.Select(ScheduleJson.ToNode)]) }
            : (JsonNode)JsonValue.Create(a.Name))]);
        node["seeds"] = new JsonArray([.. study.Seeds.Select(s => (JsonNode)JsonValue.Create(s))]);
        node["judge"] = Json.Word(study.Judgement);
        node["threads"] = study.Threads;
        if (study.Device is not null)
        {
            node["device"] = study.Device;
        }

        if (study.Fingerprints.Count > 0)
        {
            node["fingerprints"] = new JsonArray([.. study.Fingerprints.Select(StudyHistoryJson.Write)]);
        }

        if (study.Extensions.Count > 0)
        {
            node["extensions"] = new JsonArray([.. study.Extensions.Select(StudyHistoryJson.Write)]);
        }

        return node.ToJsonString(Json.Indented);
    }

    private static List<StudyVariant> ReadVariants(JsonPlace root, TrainingConfig config)
    {
        if (root.At("variants") is { } variants)
        {
            return root.At("schedule") is null && root.At("grid") is null
                ? variants.Items().ConvertAll(v =>
                {
                    v.Fields("name", "schedule", "setting");
                    var (schedule, own) = (ScheduleJson.Read(v.Required("schedule")), v.At("setting") is { } s ? TrainingConfigJson.Read(s, config) : null);
                    return v.Make(() => new StudyVariant(v.Required("name").Text(), schedule, own));
                })
                : throw root.Wrong("'variants' and 'schedule' or 'grid' cannot be combined; leave one of them out");
        }

        var only = ScheduleJson.Read(root.Required("schedule"));
        return root.At("grid") is { } grid ? StudyGrid.Read(grid, only, config) : [new StudyVariant("schedule", only)];
    }

    private static StudyArm ReadArm(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf([.. StudyArm.ReadyMade.Select(a => (a.Name, a))]);
        }

        place.Fields("name", "schedules");
        var schedules = place.Required("schedules").Items().Select(ScheduleJson.Read).ToList();
        return place.Make(() => StudyArm.Own(place.Required("name").Text(), schedules));
    }

    private static List<long> ReadSeeds(JsonPlace place)
    {
        if (place.Kind == JsonValueKind.Array)
        {
            return place.Items().ConvertAll(s => s.Whole());
        }

        var count = place.Whole();
        return count is >= 1 and <= Study.MaxSeeds
            ? [.. Enumerable.Range(1, (int)count).Select(i => (long)i)]
            : throw place.Wrong(FormattableString.Invariant($"a study has 1 to {Study.MaxSeeds} seeds, not {count}"));
    }
}
