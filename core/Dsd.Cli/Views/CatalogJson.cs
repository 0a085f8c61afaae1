using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Runs;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary>The JSON form of networks and data sets. Fields are only added, never changed or removed.</summary>
internal static class CatalogJson
{
    /// <summary>The fields of a data set, for help.</summary>
    public const string DataFields = """
        With --json: { "data": [ … ] }, or of one data set the object alone, with name, kind (images, text,
        captions, speech), description, contents, licence, source, download (size with unit), isOfTheUser,
        place (null where it is not here), inputs, classes, classNames (of images), height, width,
        trainExamples, validationExamples, testExamples.
        """;

    /// <summary>The fields of a network, for help.</summary>
    public const string ModelFields = """
        With --json: { "models": [ … ] }, each with name, kind (images, text, captions, speech), description,
        source, hasWidth, hasPreset. Of one network that object alone, with inputs and classes for which
        its layers are given, count, parameters (name, kind, bias, dims, count, sharedWith) and preset
        (source, setting, schedule, small, figures; null where there is none).
        """;

    public static string OfData(IEnumerable<DataEntry> entries, string? root) =>
        new JsonObject { ["data"] = new JsonArray([.. entries.Select(e => Data(e, root))]) }.ToJsonString(Json.Indented);

    public static string OfData(DataEntry entry, string? root) => Data(entry, root).ToJsonString(Json.Indented);

    public static string OfModels(IEnumerable<ModelEntry> entries) =>
        new JsonObject { ["models"] = new JsonArray([.. entries.Select(Head)]) }.ToJsonString(Json.Indented);

    public static string OfModel(ModelEntry model, int inputs, int classes)
    {
        var shape = model.Shape(inputs, classes);
        var node = Head(model);
        node["inputs"] = inputs;
        node["classes"] = classes;
        node["count"] = shape.Count;
        node["parameters"] = new JsonArray([.. shape.Parameters.Select(Parameter)]);
        node["preset"] = model.Paper is { } paper ? Preset(paper) : null;
        return node.ToJsonString(Json.Indented);
    }

    private static JsonObject Data(DataEntry data, string? root) => new()
    {
        ["name"] = data.Name,
        ["kind"] = Kind(data.Kind),
        ["description"] = data.Description,
        ["contents"] = data.Contents,
        ["licence"] = data.Licence,
        ["source"] = data.Source,
        ["download"] = data.Size,
        ["isOfTheUser"] = data.IsOfTheUser || data.Folder is not null,
        ["place"] = data.Folder ?? data.Find(root),
        ["inputs"] = data.Inputs,
        ["classes"] = data.Classes,
        ["classNames"] = new JsonArray([.. data.ClassNames.Select(n => (JsonNode?)n)]),
        ["height"] = data.Height,
        ["width"] = data.Width,
        ["trainExamples"] = data.TrainExamples,
        ["validationExamples"] = data.ValidationExamples,
        ["testExamples"] = data.TestExamples,
    };

    private static JsonObject Head(ModelEntry model) => new()
    {
        ["name"] = model.Name,
        ["kind"] = Kind(model.Kind),
        ["description"] = model.Description,
        ["source"] = model.Source,
        ["hasWidth"] = model.HasWidth,
        ["hasPreset"] = model.Paper is not null,
    };

    private static JsonObject Parameter(ParameterShape parameter) => new()
    {
        ["name"] = parameter.Name,
        ["kind"] = Json.Word(parameter.Kind),
        ["bias"] = parameter.IsBias,
        ["dims"] = new JsonArray([.. parameter.Dims.Select(d => (JsonNode?)d)]),
        ["count"] = parameter.Count,
        ["sharedWith"] = parameter.SharedWith,
    };

    private static JsonObject Preset(PaperPreset paper) => new()
    {
        ["source"] = paper.Source,
        ["setting"] = JsonNode.Parse(paper.Config.ToJson()),
        ["schedule"] = Schedule(paper.Schedule),
        ["small"] = new JsonObject { ["setting"] = JsonNode.Parse(paper.SmallConfig.ToJson()), ["schedule"] = Schedule(paper.SmallSchedule) },
        ["figures"] = new JsonArray([.. paper.Figures.Select(f => new JsonObject { ["metric"] = f.Metric, ["stage"] = f.Stage, ["value"] = f.Value })]),
    };

    private static JsonNode? Schedule(Schedule schedule) => JsonNode.Parse(schedule.ToJson());

    private static string Kind(TaskKind kind) => Json.Word(kind);
}
