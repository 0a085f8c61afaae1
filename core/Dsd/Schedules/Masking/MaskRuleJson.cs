using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dsd.Schedules;

/// <summary>The JSON form of a <see cref="MaskRule"/>, as <c>ScheduleJson</c> describes; what older versions could express is written as they wrote it.</summary>
internal static class MaskRuleJson
{
    public static MaskRule Read(JsonPlace place)
    {
        place.Fields("criterion", "spread", "distribution", "pattern", "update", "within");
        if (place.At("spread") is not null && place.At("distribution") is { } second)
        {
            throw second.Wrong("'spread' and 'distribution' are two names of one thing; give one of them");
        }

        return new MaskRule(
            place.At("criterion") is { } criterion ? ReadCriterion(criterion) : null,
            place.At("spread") is { } spread ? ReadSpread(spread) : place.At("distribution") is { } distribution ? ReadDistribution(distribution) : null,
            place.At("pattern") is { } pattern ? MaskPatternJson.Read(pattern) : null,
            place.At("update") is { } update ? ReadUpdate(update) : null,
            place.At("within") is { } within ? ReadMasks(within) : null);
    }

    /// <summary>Reads the field <c>spread</c>, the distribution in older files, which had two values.</summary>
    public static SparsityDistribution ReadSpread(JsonPlace place) =>
        place.OneOf(("perLayer", SparsityDistribution.Uniform), ("global", SparsityDistribution.Global));

    public static JsonObject Write(MaskRule rule)
    {
        var node = new JsonObject { ["criterion"] = WriteCriterion(rule.Criterion) };
        if (rule.Distribution.HasLevels)
        {
            node["distribution"] = rule.Distribution switch
            {
                { IsCustom: true, Name: var name } => Custom(name),
                { Power: 1, Name: var name } => JsonValue.Create(name),
                var scaled => new JsonObject { [scaled.Name] = new JsonObject { ["power"] = scaled.Power } },
            };
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
        if (rule.Within is { } within)
        {
            node["within"] = WriteMasks(within);
        }

        return node;
    }

    public static MaskCriterion ReadCriterion(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf(
                ("magnitude", MaskCriterion.Magnitude),
                ("random", MaskCriterion.Random()),
                ("randomOfEqualNorm", MaskCriterion.RandomOfEqualNorm()),
                (MaskCriterion.WeightTimesGradient.Name!, MaskCriterion.WeightTimesGradient),
                (MaskCriterion.Gradient.Name!, MaskCriterion.Gradient),
                (MaskCriterion.Movement.Name!, MaskCriterion.Movement));
        }

        var (kind, value) = place.Choice("random", "randomOfEqualNorm", "threshold", "given", "custom");
        return kind switch
        {
            "random" => MaskCriterion.Random(value.Fields("seed").Required("seed").Whole()),
            "randomOfEqualNorm" => MaskCriterion.RandomOfEqualNorm(value.Fields("seed").Required("seed").Whole()),
            "threshold" => value.Make(() => ReadThreshold(value.Fields("value", "deviations", "margin"))),
            "given" => MaskCriterion.Given(ReadMasks(value)),
            _ => value.Make(() => MaskCriterion.CustomOfFile(Name(value))),
        };
    }

    private static MaskCriterion ReadThreshold(JsonPlace place)
    {
        var margin = place.At("margin")?.Number() ?? 0;
        return (place.At("value"), place.At("deviations")) switch
        {
            ({ } value, null) => MaskCriterion.Threshold(value.Number(), margin),
            (null, { } deviations) => MaskCriterion.ThresholdInDeviations(deviations.Number(), margin),
            _ => throw place.Wrong("a threshold has exactly one of 'value' and 'deviations'"),
        };
    }

    private static GivenMasks ReadMasks(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf(("previousPhase", GivenMasks.PreviousPhase));
        }

        var (kind, value) = place.Choice("named", "and", "or");
        if (kind == "named")
        {
            return value.Make(() => GivenMasks.Named(value.Text()));
        }

        var parts = value.Items();
        return parts.Count >= 2
            ? parts.Select(ReadMasks).Aggregate((left, right) => kind == "and" ? left.And(right) : left.Or(right))
            : throw value.Wrong("give at least two masks to combine");
    }

    public static SparsityDistribution ReadDistribution(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf([.. new[] { SparsityDistribution.Uniform, SparsityDistribution.Global, SparsityDistribution.Erk, SparsityDistribution.Er }.Select(d => (d.Name, d))]);
        }

        var (kind, value) = place.Choice("erk", "er", "custom");
        return value.Make(() => kind == "custom"
            ? SparsityDistribution.CustomOfFile(Name(value))
            : (kind == "erk" ? SparsityDistribution.Erk : SparsityDistribution.Er).WithPower(value.Fields("power").Required("power").Number()));
    }

    private static MaskUpdate ReadUpdate(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf(("once", MaskUpdate.Once));
        }

        place.Fields("everySteps", "every", "mayRegrow", "until", "set", "rigl", "custom");
        if (place.At("set") is null && place.At("rigl") is null && place.At("custom") is null)
        {
            return Until(place, place.Make(() => MaskUpdate.Every(Interval(place), place.At("mayRegrow")?.Flag() ?? false)));
        }

        var (kind, value) = place.Choice("set", "rigl", "custom");
        if (kind == "custom")
        {
            return Until(value, value.Make(() => MaskUpdate.CustomOfFile(
                value.Fields("name", "everySteps", "every", "fraction", "until").Required("name").Text(), Interval(value), value.At("fraction")?.Number() ?? 0)));
        }

        value.Fields("everySteps", "every", "fraction", "until", "annealing");
        var annealing = value.At("annealing")?.OneOf([.. Enum.GetValues<Annealing>().Select(a => (Json.Word(a), a))]) ?? Annealing.Cosine;
        return value.Make(() => kind == "set"
            ? MaskUpdate.SparseEvolution(Interval(value), value.Required("fraction").Number(), value.At("until")?.Number() ?? 1, annealing)
            : MaskUpdate.Rigl(Interval(value), value.Required("fraction").Number(), value.At("until")?.Number() ?? 1, annealing));
    }

    /// <summary>Reads the time between two choices, in steps or as a duration.</summary>
    private static Duration Interval(JsonPlace place)
    {
        if (place.At("every") is not { } every)
        {
            var steps = place.Required("everySteps");
            return steps.Whole() >= 1 ? steps.Make(() => Duration.Steps(steps.Whole())) : throw steps.Wrong($"masks can be updated every 1 step or more; got {steps.Whole()}");
        }

        return place.At("everySteps") is null ? every.Make(() => Duration.Parse(every.Text())) : throw every.Wrong("'every' and 'everySteps' are two names of one thing; give one of them");
    }

    private static MaskUpdate Until(JsonPlace place, MaskUpdate update) => place.At("until") is { } until ? until.Make(() => update.WithUntil(until.Number())) : update;

    private static string Name(JsonPlace place) => place.Fields("name").Required("name").Text();

    private static JsonNode WriteCriterion(MaskCriterion criterion) => criterion.Kind switch
    {
        CriterionKind.Random => WriteRandom("random", criterion.Seed),
        CriterionKind.RandomOfEqualNorm => WriteRandom("randomOfEqualNorm", criterion.Seed),
        CriterionKind.Custom => Custom(criterion.Name!),
        CriterionKind.WeightTimesGradient or CriterionKind.Gradient or CriterionKind.Movement => JsonValue.Create(criterion.Name!),
        CriterionKind.Threshold => new JsonObject { ["threshold"] = WriteThreshold(criterion) },
        CriterionKind.Given => new JsonObject { ["given"] = WriteMasks(criterion.Masks!) },
        _ => JsonValue.Create("magnitude"),
    };

    private static JsonNode WriteRandom(string name, long? seed) => seed is { } own ? new JsonObject { [name] = new JsonObject { ["seed"] = own } } : JsonValue.Create(name);

    private static JsonObject WriteThreshold(MaskCriterion criterion)
    {
        var node = new JsonObject { [criterion.InDeviations ? "deviations" : "value"] = criterion.ThresholdValue };
        if (criterion.Margin != 0)
        {
            node["margin"] = criterion.Margin;
        }

        return node;
    }

    private static JsonNode WriteMasks(GivenMasks masks) =>
        masks.Name is { } name ? new JsonObject { ["named"] = name }
        : masks.Combination is { } combination ? new JsonObject { [combination] = new JsonArray(WriteMasks(masks.Left!), WriteMasks(masks.Right!)) }
        : JsonValue.Create("previousPhase");

    private static JsonNode WriteUpdate(MaskUpdate update)
    {
        if (update.Interval is not { } interval)
        {
            return JsonValue.Create("once");
        }

        var node = update.IntervalSteps is { } steps ? new JsonObject { ["everySteps"] = steps } : new JsonObject { ["every"] = interval.ToString() };
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

        if (update.Annealing != Annealing.Cosine)
        {
            node["annealing"] = Json.Word(update.Annealing);
        }

        return update.Policy is null ? node : new JsonObject { [update.IsCustom ? "custom" : update.Policy] = node };
    }

    private static JsonObject Custom(string name) => new() { ["custom"] = new JsonObject { ["name"] = name } };
}
