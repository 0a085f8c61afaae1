using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dsd.Schedules;

/// <summary>Reads and writes the JSON form of a <see cref="Schedule"/>: reading is strict, and a written schedule reads back equal.</summary>
/// <remarks>The fields are described in core/docs/json-files.md.</remarks>
internal static class ScheduleJson
{
    private static readonly (string, LayerKind)[] s_kinds = [.. Enum.GetValues<LayerKind>().Select(k => (LayerSelector.Name(k), k))];

    /// <summary>Reads a schedule.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonFormatException">The text is not a valid schedule; the message says where and why.</exception>
    public static Schedule Read(string json)
    {
        using var document = Json.Parse(json, "a schedule is an object with the field 'phases' or 'method'");
        return Read(new JsonPlace(document.RootElement, ""));
    }

    /// <summary>Reads a schedule that is part of a larger document.</summary>
    internal static Schedule Read(JsonPlace root)
    {
        if (root.At("version") is { } version && version.Whole() != 1)
        {
            throw version.Wrong($"this program reads version 1 of the format, not {version.Whole()}");
        }

        if (root.At("method") is not null)
        {
            return MethodJson.Read(root);
        }

        root.Fields("version", "phases", "method");
        var phases = root.Required("phases");
        var list = phases.Items().Select(ReadPhase).ToValueList();
        return list.Count > 0 ? new Schedule(list) : throw phases.Wrong("a schedule needs at least one phase; the list is empty");
    }

    /// <summary>Writes a schedule; fields with default values are omitted.</summary>
    /// <param name="schedule">The schedule.</param>
    public static string Write(Schedule schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return ToNode(schedule).ToJsonString(Json.Indented);
    }

    internal static JsonObject ToNode(Schedule schedule) => new()
    {
        ["version"] = 1,
        ["phases"] = new JsonArray([.. schedule.Phases.Select(WritePhase)]),
    };

    private static string ReadName(JsonPlace name) => name.Make(() => string.IsNullOrWhiteSpace(name.Text())
        ? throw new FormatException("a name is not empty; leave it out to call the phase after its place")
        : name.Text());

    private static Phase ReadPhase(JsonPlace place)
    {
        place.Fields("name", "duration", "rate", "sparsity", "mask", "layers", "onLeaving", "straightThrough", "rewind");
        var duration = place.Required("duration");
        var leaving = place.At("onLeaving")?.Fields("rebornWeights", "rebornState");
        return new Phase(
            place.At("name") is { } name ? ReadName(name) : null,
            duration.Make(() => Duration.Parse(duration.Text())),
            ReadRate(place.Required("rate")),
            place.At("sparsity") is { } sparsity ? ReadSparsity(sparsity) : null,
            place.At("mask") is { } mask ? MaskRuleJson.Read(mask) : null,
            place.At("layers") is { } layers ? ReadLayers(layers) : null,
            leaving?.At("rebornWeights")?.OneOf(("zero", RegrownWeights.Zero), ("restored", RegrownWeights.Restored), ("redrawn", RegrownWeights.Redrawn)) ?? RegrownWeights.Zero,
            leaving?.At("rebornState")?.OneOf(("zero", RegrownState.Zero), ("kept", RegrownState.Kept), ("reset", RegrownState.Reset)) ?? RegrownState.Zero,
            place.At("straightThrough") is { } pruned ? pruned.Make(() => new StraightThrough(pruned.Fields("decay", "trained").At("decay")?.Number() ?? 0, pruned.At("trained")?.Number() ?? 1)) : null,
            place.At("rewind") is { } rewind ? ReadRewind(rewind) : null);
    }

    private static Rewind ReadRewind(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf(("start", Rewind.ToStart), ("redrawn", Rewind.Redrawn));
        }

        var to = place.Fields("to", "onlyKept", "layers").Required("to");
        var rewind = to.Kind == JsonValueKind.Object ? to.Fields("endOf").Required("endOf") is var phase ? phase.Make(() => Rewind.ToEndOf(phase.Text())) : null! : ReadRewind(to);
        rewind = place.At("onlyKept")?.Flag() == true ? rewind.WithOnlyKept() : rewind;
        return place.At("layers") is not { } layers ? rewind
            : layers.Items().Select(ReadSelector).ToList() is { Count: > 0 } selectors ? rewind.WithLayers(selectors)
            : throw layers.Wrong("the list is empty; give the layers that return, or leave it out for all of them");
    }

    internal static LearningRate ReadRate(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.Make(() => LearningRate.Constant(place.Number()));
        }

        var (shape, value) = place.Choice("constant", "step", "linear", "cosine", "exponential");
        var rate = value.Make(() => shape switch
        {
            "constant" => LearningRate.Constant(value.Fields("rate", "warmUp", "part").Required("rate").Number()),
            "step" => LearningRate.Step(
                value.Fields("from", "factor", "milestones", "warmUp", "part").Required("from").Number(),
                value.Required("factor").Number(),
                [.. value.Required("milestones").Items().Select(m => m.Number())]),
            "linear" => LearningRate.Linear(value.Fields("from", "to", "warmUp", "part").Required("from").Number(), value.At("to")?.Number() ?? 0),
            "exponential" => LearningRate.Exponential(value.Fields("from", "to", "warmUp", "part").Required("from").Number(), value.Required("to").Number()),
            _ => LearningRate.Cosine(value.Fields("from", "to", "warmUp", "part").Required("from").Number(), value.At("to")?.Number() ?? 0),
        });
        rate = value.At("warmUp") is { } warmUp ? warmUp.Make(() => rate.WithWarmUp(warmUp.Number())) : rate;
        return value.At("part") is not { } part ? rate
            : part.Items() is [var from, var to] ? part.Make(() => rate.Part(from.Number(), to.Number()))
            : throw part.Wrong("a part is a list of two numbers, where it starts and ends in the whole curve, such as [0, 0.5]");
    }

    private static SparsityCurve ReadSparsity(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.Make(() => SparsityCurve.Constant(place.Number()));
        }

        var (shape, value) = place.Choice("linear", "cubic");
        value.Fields("from", "to");
        var (from, to) = (value.Required("from").Number(), value.Required("to").Number());
        return value.Make(() => shape == "linear" ? SparsityCurve.Linear(from, to) : SparsityCurve.Cubic(from, to));
    }

    internal static LayerScope ReadLayers(JsonPlace place) => LayerScope.Of(place.Items().Select(ReadRule));

    private static LayerRule ReadRule(JsonPlace place)
    {
        place.Fields("keep", "prune", "set", "sparsity");
        if (place.At("set") is { } set)
        {
            place.Fields("set", "sparsity");
            var level = place.Required("sparsity");
            return LayerRule.Set(ReadSelector(set), level.Make(() => new Sparsity(level.Number())));
        }

        var (action, value) = place.Choice("keep", "prune");
        return action == "keep" ? LayerRule.Keep(ReadSelector(value)) : LayerRule.Prune(ReadSelector(value));
    }

    /// <summary>Reads a selector of layers.</summary>
    internal static LayerSelector ReadSelector(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.Make(() => string.IsNullOrWhiteSpace(place.Text()) ? throw new FormatException("a glob may not be empty") : LayerSelector.Named(place.Text()));
        }

        var (end, value) = place.Choice("kind", "first", "last");
        if (end == "kind")
        {
            return LayerSelector.OfKind(value.OneOf(s_kinds));
        }

        var kind = value.OneOf([.. s_kinds.Select(k => (k.Item1, (LayerKind?)k.Item2)), ("any", null)]);
        return end == "first" ? LayerSelector.First(kind) : LayerSelector.Last(kind);
    }

    private static JsonObject WritePhase(Phase phase)
    {
        var node = new JsonObject { ["name"] = phase.Name, ["duration"] = phase.Duration.ToString(), ["rate"] = WriteRate(phase.Rate) };
        AddUnlessDefault(node, "sparsity", phase.Sparsity, SparsityCurve.Dense, WriteSparsity);
        AddUnlessDefault(node, "mask", phase.Mask, MaskRule.Default, MaskRuleJson.Write);
        AddUnlessDefault(node, "layers", phase.Layers, LayerScope.Default, l => new JsonArray([.. l.Rules.Select(WriteRule)]));
        AddUnlessDefault(node, "onLeaving", (phase.RegrownWeights, phase.RegrownState), default, r => new JsonObject
        {
            ["rebornWeights"] = Json.Word(r.RegrownWeights),
            ["rebornState"] = Json.Word(r.RegrownState),
        });
        AddUnlessDefault(node, "straightThrough", phase.StraightThrough, null, s => new JsonObject { ["decay"] = s!.Decay, ["trained"] = s.Trained });
        AddUnlessDefault(node, "rewind", phase.Rewind, null, r => WriteRewind(r!));
        return node;
    }

    private static JsonNode WriteRewind(Rewind rewind)
    {
        JsonNode to = rewind.Phase is { } phase ? new JsonObject { ["endOf"] = phase } : JsonValue.Create(rewind.IsRedrawn ? "redrawn" : "start");
        if (rewind is { Phase: null, OnlyKept: false, Layers.Count: 0 })
        {
            return to;
        }

        var node = new JsonObject { ["to"] = to };
        if (rewind.OnlyKept)
        {
            node["onlyKept"] = true;
        }

        if (rewind.Layers.Count > 0)
        {
            node["layers"] = new JsonArray([.. rewind.Layers.Select(WriteSelector)]);
        }

        return node;
    }

    private static void AddUnlessDefault<T>(JsonObject node, string field, T value, T standard, Func<T, JsonNode> write)
    {
        if (!EqualityComparer<T>.Default.Equals(value, standard))
        {
            node[field] = write(value);
        }
    }

    private static JsonNode WriteRate(LearningRate rate)
    {
        var value = rate.Shape switch
        {
            RateShape.Constant => new JsonObject { ["rate"] = rate.From },
            RateShape.Step => new JsonObject { ["from"] = rate.From, ["factor"] = rate.Factor, ["milestones"] = new JsonArray([.. rate.Milestones.Select(m => JsonValue.Create(m))]) },
            _ => new JsonObject { ["from"] = rate.From, ["to"] = rate.To },
        };
        if (rate.WarmUp > 0)
        {
            value["warmUp"] = rate.WarmUp;
        }

        if (rate.PartFrom != 0 || rate.PartTo != 1)
        {
            value["part"] = new JsonArray(rate.PartFrom, rate.PartTo);
        }

        if (rate.Shape == RateShape.Constant && value.Count == 1)
        {
            return JsonValue.Create(rate.From);
        }

        return new JsonObject { [Json.Word(rate.Shape)] = value };
    }

    private static JsonNode WriteSparsity(SparsityCurve curve) => curve.Shape == CurveShape.Constant
        ? JsonValue.Create(curve.To.Value)
        : new JsonObject { [Json.Word(curve.Shape)] = new JsonObject { ["from"] = curve.From.Value, ["to"] = curve.To.Value } };

    private static JsonNode WriteRule(LayerRule rule)
    {
        var node = new JsonObject { [Json.Word(rule.Action)] = WriteSelector(rule.Selector) };
        if (rule.Sparsity is { } level)
        {
            node["sparsity"] = level.Value;
        }

        return node;
    }

    /// <summary>Writes a selector of layers.</summary>
    internal static JsonNode WriteSelector(LayerSelector selector) =>
        selector.Glob is not null ? JsonValue.Create(selector.Glob)
        : selector.End is { } end ? new JsonObject { [Json.Word(end)] = selector.Kind is { } kind ? LayerSelector.Name(kind) : "any" }
        : new JsonObject { ["kind"] = LayerSelector.Name(selector.Kind!.Value) };
}
