using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Studies;

/// <summary>The JSON form of a <see cref="Study"/>, read strictly; reading a written study gives an equal one.</summary>
/// <remarks>
/// <code>
/// {
///   "version": 1,
///   "name": "sparsity",
///   "question": "How much should be pruned?",
///   "setting": { "network": "lenet-300-100", "data": "fashion-mnist", "trainLimit": 12800, "augment": true },
///   "schedule": { "phases": [ … ] },
///   "grid": { "sparsity": [0.3, 0.5, 0.7] },
///   "arms": ["dsd", "control", "plain"],
///   "seeds": 8,
///   "judge": "selected"
/// }
/// </code>
/// <c>setting</c>: <c>network</c> and <c>data</c> are required; <c>batch</c> (64), <c>trainLimit</c> (all), <c>augment</c> (false),
/// <c>optimizer</c> (<c>"sgd"</c>, <c>"adam"</c>, <c>"adamw"</c>, <c>"rmsprop"</c>, or an object with <c>kind</c> and any of <c>momentum</c>,
/// <c>dampening</c>, <c>nesterov</c>, <c>weightDecay</c>), <c>gradientClip</c> (none), <c>width</c> (1), <c>imageSize</c> (the data's own).
/// Either <c>variants</c>, a list of <c>{"name", "schedule", "setting"}</c> of which the last is optional and holds only the differences,
/// or one <c>schedule</c>, alone or with a <c>grid</c>, each combination of which is a variant: <c>sparsity</c> (of the sparse phases),
/// <c>lastRateFactor</c> (of the last phase's rate), <c>spread</c>, <c>rebornState</c>, <c>rebornWeights</c>, <c>network</c>, <c>augment</c>.
/// <c>arms</c>: ready-made ones by name, or <c>{"name", "schedules"}</c>; default dsd and control. <c>seeds</c>: a list, or a number n for 1 to n.
/// <c>judge</c>: <c>"selected"</c> (default), <c>"everyVariant"</c>, <c>"validation"</c>. <c>threads</c> of a trial: default 1. Comments and trailing
/// commas are allowed; a started study also has <c>fingerprints</c> of its data and optionally <c>extensions</c>; an unknown or repeated field is an error.
/// </remarks>
public static class StudyJson
{
    private static readonly JsonSerializerOptions s_writing = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly (string, OptimizerKind)[] s_optimizers = [.. Enum.GetValues<OptimizerKind>().Select(k => (k.ToString().ToLowerInvariant(), k))];

    private static readonly (string, Judgement)[] s_judgements = [.. Enum.GetValues<Judgement>().Select(j => (JsonNamingPolicy.CamelCase.ConvertName(j.ToString()), j))];

    /// <summary>Reads a study.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonFormatException">The text is not a study; the message says where and why.</exception>
    public static Study Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (string.IsNullOrWhiteSpace(json))
        {
            throw new JsonFormatException("the document", "it is empty; a study is an object with the fields 'name', 'setting', 'variants' or 'schedule', and 'seeds'");
        }

        using var document = ScheduleJson.Parse(json);
        var root = new JsonPlace(document.RootElement, "").Fields("version", "name", "question", "setting", "schedule", "grid", "variants", "arms", "seeds", "judge", "threads", "fingerprints", "extensions");
        if (root.At("version") is { } version && version.Whole() != 1)
        {
            throw version.Wrong($"this program reads version 1 of the format, not {version.Whole()}");
        }

        var setting = ReadConfig(root.Required("setting"), null);
        var variants = ReadVariants(root, setting);
        var arms = root.At("arms") is { } list ? list.Items().Select(ReadArm).ToList() : [StudyArm.Dsd, StudyArm.Control];
        var threads = root.At("threads") is { } count ? Clamped(count.Whole()) : 1;
        var seeds = ReadSeeds(root.Required("seeds"));
        return root.Make(() => new Study(
            root.Required("name").Text(),
            setting,
            variants,
            arms,
            seeds,
            root.At("judge")?.OneOf(s_judgements) ?? Judgement.Selected,
            root.At("question")?.Text(),
            threads)
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

        node["setting"] = WriteConfig(study.Config);
        node["variants"] = new JsonArray([.. study.Variants.Select(v =>
        {
            var variant = new JsonObject { ["name"] = v.Name, ["schedule"] = ScheduleJson.ToNode(v.Schedule) };
            if (v.Config is { } own)
            {
                variant["setting"] = WriteConfig(own);
            }

            return (JsonNode)variant;
        })]);
        node["arms"] = new JsonArray([.. study.Arms.Select(a => a.Kind == ArmKind.Own
            ? new JsonObject { ["name"] = a.Name, ["schedules"] = new JsonArray([.. a.Candidates.Select(ScheduleJson.ToNode)]) }
            : (JsonNode)JsonValue.Create(a.Name))]);
        node["seeds"] = new JsonArray([.. study.Seeds.Select(s => (JsonNode)JsonValue.Create(s))]);
        node["judge"] = s_judgements.First(j => j.Item2 == study.Judgement).Item1;
        node["threads"] = study.Threads;
        if (study.Fingerprints.Count > 0)
        {
            node["fingerprints"] = new JsonArray([.. study.Fingerprints.Select(StudyHistoryJson.Write)]);
        }

        if (study.Extensions.Count > 0)
        {
            node["extensions"] = new JsonArray([.. study.Extensions.Select(StudyHistoryJson.Write)]);
        }

        return node.ToJsonString(s_writing);
    }

    internal static JsonObject WriteConfig(TrainingConfig setting)
    {
        var optimizer = setting.Optimizer;
        var node = new JsonObject
        {
            ["network"] = setting.Network,
            ["data"] = setting.Data,
            ["batch"] = setting.Batch,
            ["trainLimit"] = setting.TrainLimit,
            ["augment"] = setting.Augment,
            ["optimizer"] = new JsonObject
            {
                ["kind"] = s_optimizers.First(k => k.Item2 == optimizer.Kind).Item1,
                ["momentum"] = optimizer.Momentum,
                ["dampening"] = optimizer.Dampening,
                ["nesterov"] = optimizer.Nesterov,
                ["weightDecay"] = optimizer.WeightDecay,
            },
            ["gradientClip"] = setting.GradientClip,
        };

        // Written only if not the default, so that a study from before these fields keeps its identity.
        if (setting.Width != 1)
        {
            node["width"] = setting.Width;
        }

        if (setting.ImageSize is { } size)
        {
            node["imageSize"] = size;
        }

        return node;
    }

    private static TrainingConfig ReadConfig(JsonPlace place, TrainingConfig? inherited)
    {
        place.Fields("network", "data", "batch", "trainLimit", "augment", "optimizer", "gradientClip", "width", "imageSize");
        return place.Make(() => new TrainingConfig(
            inherited is null ? place.Required("network").Text() : place.At("network")?.Text() ?? inherited.Network,
            inherited is null ? place.Required("data").Text() : place.At("data")?.Text() ?? inherited.Data,
            Clamped(place.At("batch")?.Whole() ?? inherited?.Batch ?? TrainingConfig.DefaultBatch),
            place.At("trainLimit") is { } limit ? (limit.Kind == JsonValueKind.Null ? null : Clamped(limit.Whole())) : inherited?.TrainLimit,
            place.At("augment") is { } augment ? ReadFlag(augment) : inherited?.Augment ?? false,
            place.At("optimizer") is { } optimizer ? ReadOptimizer(optimizer) : inherited?.Optimizer,
            place.At("gradientClip") is { } clip ? (clip.Kind == JsonValueKind.Null ? null : clip.Number()) : inherited?.GradientClip,
            place.At("width")?.Number() ?? inherited?.Width ?? 1,
            place.At("imageSize") is { } size ? (size.Kind == JsonValueKind.Null ? null : Clamped(size.Whole())) : inherited?.ImageSize));
    }

    /// <summary>Clamps to an int, so that numbers far out of range are rejected like those just out of range.</summary>
    private static int Clamped(long number) => (int)Math.Clamp(number, int.MinValue, int.MaxValue);

    private static bool ReadFlag(JsonPlace place) => place.Kind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw place.Wrong("expected true or false"),
    };

    private static OptimizerSettings ReadOptimizer(JsonPlace place)
    {
        var fields = place.Kind == JsonValueKind.Object ? place.Fields("kind", "momentum", "dampening", "nesterov", "weightDecay") : (JsonPlace?)null;
        var kind = (fields?.Required("kind") ?? place).OneOf(s_optimizers);
        var made = kind switch
        {
            OptimizerKind.Adam => OptimizerSettings.Adam(),
            OptimizerKind.AdamW => OptimizerSettings.AdamW(),
            OptimizerKind.RmsProp => OptimizerSettings.RmsProp(),
            _ => OptimizerSettings.Sgd(),
        };
        if (fields is not { } given)
        {
            return made;
        }

        var momentum = given.At("momentum")?.Number() ?? made.Momentum;
        var dampening = given.At("dampening")?.Number() ?? made.Dampening;
        var nesterov = given.At("nesterov") is { } flag && ReadFlag(flag);
        var decay = given.At("weightDecay")?.Number() ?? made.WeightDecay;
        return given.Make(() =>
        {
            var wanted = kind switch
            {
                OptimizerKind.Sgd => OptimizerSettings.Sgd(momentum, decay, dampening, nesterov),
                OptimizerKind.RmsProp => OptimizerSettings.RmsProp(momentum, decay),
                _ => made.WithWeightDecay(decay),
            };
            return (wanted.Momentum, wanted.Dampening, wanted.Nesterov) == (momentum, dampening, nesterov)
                ? wanted
                : throw new FormatException($"{kind.ToString().ToLowerInvariant()} has no such momentum, dampening or nesterov");
        });
    }

    private static List<StudyVariant> ReadVariants(JsonPlace root, TrainingConfig setting)
    {
        if (root.At("variants") is { } variants)
        {
            return root.At("schedule") is null && root.At("grid") is null
                ? variants.Items().ConvertAll(v =>
                {
                    v.Fields("name", "schedule", "setting");
                    var (schedule, own) = (ScheduleJson.Read(v.Required("schedule")), v.At("setting") is { } s ? ReadConfig(s, setting) : null);
                    return v.Make(() => new StudyVariant(v.Required("name").Text(), schedule, own));
                })
                : throw root.Wrong("'variants' and 'schedule' or 'grid' cannot be combined; leave one of them out");
        }

        var only = ScheduleJson.Read(root.Required("schedule"));
        return root.At("grid") is { } grid ? StudyGrid.Read(grid, only, setting) : [new StudyVariant("schedule", only)];
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
