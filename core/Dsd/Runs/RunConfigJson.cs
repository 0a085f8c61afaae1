using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Schedules;

namespace Dsd.Runs;

/// <summary>The JSON form of a <see cref="RunConfig"/>: read strictly, written so that reading gives an equal config.</summary>
/// <remarks>
/// <code>
/// {
///   "version": 1,
///   "network": "lenet-5", "data": "fashion-mnist", "batch": 64, …   as in a study's setting
///   "schedule": { "phases": [ … ] },
///   "arms": ["dsd", "control"],
///   "seed": 1,
///   "precision": "fp32", "layout": "auto", "device": "cpu", "threads": 1
/// }
/// </code>
/// <c>network</c>, <c>data</c> and <c>schedule</c> are required. <c>arms</c>: <c>"dsd"</c>, <c>"control"</c>, or <c>{"name", "schedule"}</c>, without a schedule the one under test; default dsd and control.
/// <c>seed</c> (1), <c>logEverySteps</c> (about 200 samples), <c>readTest</c> (true), <c>precision</c> (<c>"fp32"</c>, <c>"bf16"</c>), <c>layout</c> (<c>"auto"</c>,
/// <c>"channelsFirst"</c>, <c>"channelsLast"</c>), <c>device</c> (<c>"auto"</c>, <c>"cpu"</c>, <c>"cuda"</c>, <c>"cuda:N"</c>), <c>threads</c> (libtorch's choice),
/// <c>dataRoot</c> (this machine's default folder), <c>init</c> (random weights; <c>weights</c> in earlier versions), <c>initExcept</c> (none), <c>masks</c> (the file of given masks by name; none),
/// <c>checkpointEvery</c> (<c>"10min"</c>), <c>onNonFinite</c> (<c>"stop"</c>, <c>"rollback"</c>). Comments and trailing commas are allowed; an unknown or repeated
/// field is an error that names it.
/// </remarks>
internal static class RunConfigJson
{
    /// <summary>The name of <c>init</c> in files of earlier versions.</summary>
    private const string EarlierInit = "weights";

    private static readonly (string Word, Precision Value)[] s_precisions = Json.Words<Precision>();

    private static readonly (string Word, NonFiniteAction Value)[] s_reactions = Json.Words<NonFiniteAction>();
    private static readonly (string Word, StepCapture Value)[] s_captures = [("auto", StepCapture.Automatic), ("on", StepCapture.On), ("off", StepCapture.Off)];

    private static readonly (string Word, MemoryLayout Value)[] s_layouts =
        [("auto", MemoryLayout.Automatic), .. Json.Words<MemoryLayout>().Where(l => l.Value != MemoryLayout.Automatic)];

    /// <summary>The fields, in the order in which they are written.</summary>
    public static IReadOnlyList<string> FieldNames { get; } =
        ["version", .. TrainingConfigJson.FieldNames, "schedule", "arms", "seed", "logEverySteps", "readTest", "precision", "layout", "device", "threads", "dataRoot", "init", "initExcept", "masks", "checkpointEvery", "onNonFinite", "capture"];

    public static RunConfig Read(string json)
    {
        using var document = Json.Parse(json, "the config of a run is an object with the fields 'network', 'data' and 'schedule'");
        return Read(new JsonPlace(document.RootElement, ""));
    }

    public static RunConfig Read(JsonPlace root)
    {
        root.Fields(root.At(EarlierInit) is null ? [.. FieldNames] : [.. FieldNames.Where(f => f != "init"), EarlierInit]);
        if (root.At("version") is { } version && version.Whole() != 1)
        {
            throw version.Wrong($"this program reads version 1 of the format, not {version.Whole()}");
        }

        var training = TrainingConfigJson.ReadFields(root, null);
        var schedule = ScheduleJson.Read(root.Required("schedule"));
        var arms = root.At("arms") is { } list ? list.Items().ConvertAll(a => ReadArm(a, schedule)) : null;
        return root.Make(() => new RunConfig(
            training,
            schedule,
            arms,
            root.At("seed")?.Whole() ?? RunConfig.DefaultSeed,
            root.At("logEverySteps")?.OrNull(n => n.Int()),
            root.At("readTest")?.Flag() ?? true,
            root.At("precision")?.OneOf(s_precisions) ?? Precision.Fp32,
            root.At("layout")?.OneOf(s_layouts) ?? MemoryLayout.Automatic,
            root.At("device")?.Text() ?? RunConfig.AutomaticDevice,
            root.At("threads")?.OrNull(n => n.Int()),
            Text(root.At("dataRoot")),
            Text(root.At("init") ?? root.At(EarlierInit)),
            root.At("initExcept")?.Items().ConvertAll(p => p.Text()),
            root.At("checkpointEvery") is { } every ? every.Make(() => CheckpointInterval.Parse(every.Text())) : null,
            root.At("onNonFinite")?.OneOf(s_reactions) ?? NonFiniteAction.Stop,
            root.At("masks") is { } masks ? masks.Names().ConvertAll(n => KeyValuePair.Create(n, masks.Required(n).Text())) : null,
            root.At("capture")?.OneOf(s_captures) ?? StepCapture.Automatic));
    }

    public static string Write(RunConfig config) => ToNode(config).ToJsonString(Json.Indented);

    public static JsonObject ToNode(RunConfig config)
    {
        var node = new JsonObject { ["version"] = 1 };
        foreach (var (field, value) in TrainingConfigJson.ToWholeNode(config.Training))
        {
            node[field] = value?.DeepClone();
        }

        node["schedule"] = ScheduleJson.ToNode(config.Schedule);
        node["arms"] = new JsonArray([.. config.Arms.Select(a => WriteArm(a, config.Schedule))]);
        node["seed"] = config.Seed;
        node["logEverySteps"] = config.LogEverySteps;
        node["readTest"] = config.ReadTest;
        node["precision"] = Json.Word(config.Precision);
        node["layout"] = s_layouts.First(l => l.Value == config.Layout).Word;
        node["device"] = config.Device;
        node["threads"] = config.Threads;
        if (config.DataRoot is { } root)
        {
            node["dataRoot"] = root;
        }

        if (config.Init is { } init)
        {
            node["init"] = init;
        }

        if (config.InitExcept.Count > 0)
        {
            node["initExcept"] = new JsonArray([.. config.InitExcept.Select(p => JsonValue.Create(p))]);
        }

        if (config.Masks.Count > 0)
        {
            node["masks"] = new JsonObject(config.Masks.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)JsonValue.Create(m.Value))));
        }

        node["checkpointEvery"] = config.CheckpointEvery.ToString();
        node["onNonFinite"] = Json.Word(config.OnNonFinite);
        if (config.Capture != StepCapture.Automatic)
        {
            node["capture"] = Json.Word(config.Capture);
        }

        return node;
    }

    private static string? Text(JsonPlace? place) => place is { Kind: not JsonValueKind.Null } text ? text.Text() : null;

    private static Arm ReadArm(JsonPlace place, Schedule schedule)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf(("dsd", Arm.Dsd(schedule)), ("control", Arm.Control(schedule)));
        }

        place.Fields("name", "schedule");
        var own = place.At("schedule") is { } given ? ScheduleJson.Read(given) : schedule;
        return place.Make(() => new Arm(place.Required("name").Text(), own));
    }

    private static JsonNode WriteArm(Arm arm, Schedule schedule) => arm == Arm.Dsd(schedule) || arm == Arm.Control(schedule)
        ? JsonValue.Create(arm.Name)
        : arm.Schedule == schedule ? new JsonObject { ["name"] = arm.Name }
        : new JsonObject { ["name"] = arm.Name, ["schedule"] = ScheduleJson.ToNode(arm.Schedule) };
}
