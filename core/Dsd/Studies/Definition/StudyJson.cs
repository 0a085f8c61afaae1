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
        var root = new JsonPlace(document.RootElement, "").Fields("version", "name", "question", "setting", "schedule", "grid", "variants", "arms", "seeds", "judge", "threads", "device", "gates", "rates", "testAfter", "evaluateEvery", "evaluateTrain", "fingerprints", "extensions");
        if (root.At("version") is { } version && version.Whole() != 1)
        {
            throw version.Wrong($"this program reads version 1 of the format, not {version.Whole()}");
        }

        var config = TrainingConfigJson.Read(root.Required("setting"), null);
        var variants = ReadVariants(root, config);
        var arms = root.At("arms") is { } list ? list.Items().Select(ReadArm).ToList() : [StudyArm.Dsd, StudyArm.Control];
        var threads = root.At("threads") is { } count ? count.Int() : 1;
        var seeds = ReadSeeds(root.Required("seeds"));
        var study = root.Make(() => new Study(
            root.Required("name").Text(),
            config,
            variants,
            arms,
            seeds,
            root.At("judge")?.OneOf(s_judgements) ?? Judgement.Selected,
            root.At("question")?.Text(),
            threads,
            root.At("device")?.Text()));
        study = root.At("gates") is { } gates ? study.WithGates(ReadGates(gates)) : study;
        study = root.At("rates") is { } rates ? study.WithRates(ReadRates(rates)) : study;
        study = root.At("testAfter") is { } phases ? phases.Make(() => study.WithTestAfter(phases.Items().ConvertAll(p => p.Text()))) : study;
        var (every, train) = (root.At("evaluateEvery")?.Int() ?? 1, root.At("evaluateTrain")?.Flag() ?? false);
        return (root.At("evaluateEvery") ?? root).Make(() => study.WithEvaluateEvery(every)).WithEvaluateTrain(train) with
        {
            Fingerprints = (root.At("fingerprints")?.Items() ?? []).Select(StudyHistoryJson.ReadFingerprint).ToValueList(),
            Extensions = (root.At("extensions")?.Items() ?? []).Select(StudyHistoryJson.ReadExtension).ToValueList(),
        };
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
        node["arms"] = new JsonArray([.. study.Arms.Select(ToNode)]);
        node["seeds"] = new JsonArray([.. study.Seeds.Select(s => (JsonNode)JsonValue.Create(s))]);
        node["judge"] = Json.Word(study.Judgement);
        node["threads"] = study.Threads;
        if (study.Device is not null)
        {
            node["device"] = study.Device;
        }

        AddMeasures(node, study);
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

    /// <summary>Adds the fields of later versions where they differ from their defaults.</summary>
    private static void AddMeasures(JsonObject node, Study study)
    {
        if (study.Gates != StudyGates.None)
        {
            node["gates"] = new JsonObject { ["converged"] = study.Gates.Converged, ["recovered"] = study.Gates.Recovered, ["train"] = study.Gates.Train };
        }

        if (study.Rates is { } rates)
        {
            node["rates"] = new JsonObject { ["factors"] = Numbers(rates.Factors), ["chosenBy"] = rates.ChosenByControl ? "control" : "arm" };
        }

        if (study.TestAfter.Count > 0)
        {
            node["testAfter"] = new JsonArray([.. study.TestAfter.Select(p => (JsonNode)JsonValue.Create(p))]);
        }

        if (study.EvaluateEvery != 1)
        {
            node["evaluateEvery"] = study.EvaluateEvery;
        }

        if (study.EvaluateTrain)
        {
            node["evaluateTrain"] = true;
        }
    }

    private static JsonNode ToNode(StudyArm arm)
    {
        var standard = StudyArm.ReadyMade.FirstOrDefault(a => a.Kind == arm.Kind);
        return arm.Kind == ArmKind.Own ? new JsonObject { ["name"] = arm.Name, ["schedules"] = new JsonArray([.. arm.Candidates.Select(ScheduleJson.ToNode)]) }
            : arm.Choices != standard?.Choices ? new JsonObject { ["arm"] = arm.Name, ["choices"] = Numbers(arm.Choices) }
            : arm.Layers != standard.Layers ? new JsonObject { ["arm"] = arm.Name, ["layers"] = new JsonArray([.. arm.Layers.Select(ScheduleJson.WriteSelector)]) }
            : JsonValue.Create(arm.Name);
    }

    private static JsonArray Numbers(IEnumerable<double> numbers) => new([.. numbers.Select(n => (JsonNode)JsonValue.Create(n))]);

    private static StudyGates ReadGates(JsonPlace place)
    {
        place.Fields("converged", "recovered", "train");
        return place.Make(() => new StudyGates(place.At("converged")?.Flag() ?? false, place.At("recovered")?.Flag() ?? false, place.At("train") is { Kind: not JsonValueKind.Null } train ? train.Number() : null));
    }

    private static RateGrid ReadRates(JsonPlace place)
    {
        place.Fields("factors", "chosenBy");
        var factors = place.Required("factors").Items().ConvertAll(f => f.Number());
        return place.Make(() => new RateGrid(factors, place.At("chosenBy")?.OneOf(("control", true), ("arm", false)) ?? true));
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

        if (place.At("arm") is { } made)
        {
            place.Fields("arm", "choices", "layers");
            var arm = made.OneOf([.. StudyArm.ReadyMade.Select(a => (a.Name, a))]);
            arm = place.At("choices") is { } choices ? choices.Make(() => arm.WithChoices(choices.Items().ConvertAll(c => c.Number()))) : arm;
            return place.At("layers") is { } layers ? layers.Make(() => arm.WithLayers(layers.Items().ConvertAll(ScheduleJson.ReadSelector))) : arm;
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
