using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dsd.Schedules;

/// <summary>The JSON form of a <see cref="MaskRule"/>, as <c>ScheduleJson</c> describes; what older versions could express is written as they wrote it.</summary>
internal static class MaskRuleJson
{
    public static MaskRule Read(JsonPlace place)
    {
        place.Fields("criterion", "spread", "distribution", "pattern", "update");
        if (place.At("spread") is not null && place.At("distribution") is { } second)
        {
            throw second.Wrong("'spread' and 'distribution' are two names of one thing; give one of them");
        }

        return new MaskRule(
            place.At("criterion") is { } criterion ? ReadCriterion(criterion) : null,
            place.At("spread") is { } spread ? ReadSpread(spread) : place.At("distribution") is { } distribution ? ReadDistribution(distribution) : null,
            place.At("pattern") is { } pattern ? MaskPatternJson.Read(pattern) : null,
            place.At("update") is { } update ? ReadUpdate(update) : null);
    }

    /// <summary>Reads the field <c>spread</c>, the distribution in older files, which had two values.</summary>
    public static SparsityDistribution ReadSpread(JsonPlace place) =>
        place.OneOf(("perLayer", SparsityDistribution.Uniform), ("global", SparsityDistribution.Global));

    public static JsonObject Write(MaskRule rule)
    {
        var node = new JsonObject { ["criterion"] = WriteCriterion(rule.Criterion) };
        if (rule.Distribution.HasLevels)
        {
            node["distribution"] = rule.Distribution.IsCustom ? Custom(rule.Distribution.Name) : JsonValue.Create(rule.Distribution.Name);
        }
        else
        {
            // Identities of trials depend on these bytes.
            node["spread"] = rule.Distribution == SparsityDistribution.Global ? "global" : "perLayer";
        }

        if (rule.Pattern != MaskPattern.Element)
        {
            node["pattern"] = rule.Pattern.Name is { } name
                ? Custom(name)
                : MaskPatternJson.Write(rule.Pattern.BuiltIn!);
        }

        node["update"] = WriteUpdate(rule.Update);
        return node;
    }

    private static MaskCriterion ReadCriterion(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf(("magnitude", MaskCriterion.Magnitude), (MaskCriterion.WeightTimesGradient.Name!, MaskCriterion.WeightTimesGradient));
        }

        var (kind, value) = place.Choice("random", "custom");
        return kind == "random"
            ? MaskCriterion.Random(value.Fields("seed").Required("seed").Whole())
            : value.Make(() => MaskCriterion.CustomOfFile(Name(value)));
    }

    private static SparsityDistribution ReadDistribution(JsonPlace place) => place.Kind != JsonValueKind.Object
        ? place.OneOf([.. new[] { SparsityDistribution.Uniform, SparsityDistribution.Global, SparsityDistribution.Erk, SparsityDistribution.Er }.Select(d => (d.Name, d))])
        : place.Choice("custom").Value is var value ? value.Make(() => SparsityDistribution.CustomOfFile(Name(value))) : default!;

    private static MaskUpdate ReadUpdate(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf(("once", MaskUpdate.Once));
        }

        place.Fields("everySteps", "mayRegrow", "until", "set", "custom");
        if (place.At("set") is null && place.At("custom") is null)
        {
            return Until(place, place.Make(() => MaskUpdate.Every(place.Required("everySteps").Whole(), place.At("mayRegrow")?.Flag() ?? false)));
        }

        var (kind, value) = place.Choice("set", "custom");
        return kind == "set"
            ? value.Make(() => MaskUpdate.SparseEvolution(
                value.Fields("everySteps", "fraction", "until").Required("everySteps").Whole(), value.Required("fraction").Number(), value.At("until")?.Number() ?? 1))
            : Until(value, value.Make(() => MaskUpdate.CustomOfFile(
                value.Fields("name", "everySteps", "fraction", "until").Required("name").Text(), value.Required("everySteps").Whole(), value.At("fraction")?.Number() ?? 0)));
    }

    private static MaskUpdate Until(JsonPlace place, MaskUpdate update) => place.At("until") is { } until ? until.Make(() => update.WithUntil(until.Number())) : update;

    private static string Name(JsonPlace place) => place.Fields("name").Required("name").Text();

    private static int Int(JsonPlace place) => place.Whole() is >= int.MinValue and <= int.MaxValue and var number ? (int)number : throw place.Wrong("the number is too large");

    private static JsonNode WriteCriterion(MaskCriterion criterion) => criterion.Kind switch
    {
        CriterionKind.Random => new JsonObject { ["random"] = new JsonObject { ["seed"] = criterion.Seed } },
        CriterionKind.Custom => Custom(criterion.Name!),
        CriterionKind.WeightTimesGradient => JsonValue.Create(criterion.Name!),
        _ => JsonValue.Create("magnitude"),
    };

    private static JsonNode WriteUpdate(MaskUpdate update)
    {
        if (update.IntervalSteps is not { } steps)
        {
            return JsonValue.Create("once");
        }

        var node = new JsonObject { ["everySteps"] = steps };
        if (update.IsCustom)
        {
            node.Insert(0, "name", update.Policy);
        }

        if (update.Fraction != 0)
        {
            node["fraction"] = update.Fraction;
        }

        if (update.Policy is null && update.MayRegrow)
        {
            node["mayRegrow"] = true;
        }

        if (update.Until != 1)
        {
            node["until"] = update.Until;
        }

        return update.Policy is null ? node : new JsonObject { [update.IsCustom ? "custom" : MaskUpdate.SetPolicy] = node };
    }

    private static JsonObject Custom(string name) => new() { ["custom"] = new JsonObject { ["name"] = name } };
}
