using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dsd.Runs;

/// <summary>The JSON form of a <see cref="TrainingConfig"/>, on its own, in a study and in a run.</summary>
/// <remarks>
/// <c>network</c> and <c>data</c> are required; <c>batch</c> (64), <c>trainLimit</c> (all), <c>augment</c> (false), <c>optimizer</c>
/// (<c>"sgd"</c>, <c>"adam"</c>, <c>"adamw"</c>, <c>"rmsprop"</c>, or an object with <c>kind</c> and any of the constants that it has:
/// <c>momentum</c>, <c>dampening</c>, <c>nesterov</c>, <c>weightDecay</c>, <c>beta1</c>, <c>beta2</c>, <c>epsilon</c>, <c>alpha</c>,
/// <c>centered</c>), <c>gradientClip</c> (none), <c>width</c> (1), <c>imageSize</c> (that of the data), <c>labelNoise</c> (none; a fraction, or an object with <c>fraction</c> and <c>seed</c>), <c>redraw</c> (<c>"none"</c>).
/// </remarks>
internal static class TrainingConfigJson
{
    private static readonly (string Word, OptimizerKind Kind)[] s_optimizers = [.. Enum.GetValues<OptimizerKind>().Select(k => (OptimizerSettings.NameOf(k), k))];

    private static readonly (string Word, Redraw Value)[] s_redraws = Json.Words<Redraw>();

    /// <summary>The fields, in the order in which they are written.</summary>
    public static IReadOnlyList<string> FieldNames { get; } = ["network", "data", "batch", "trainLimit", "augment", "optimizer", "gradientClip", "width", "imageSize", "labelNoise", "redraw"];

    /// <summary>Writes a config as studies do, whose identity depends on this exact text: fields added by later versions are written only if they differ from their defaults.</summary>
    /// <param name="config">The config.</param>
    /// <param name="inherited">The config from which a reader takes fields that are not written, so that those which differ from it are written too. Default null: none.</param>
    public static JsonObject ToNode(TrainingConfig config, TrainingConfig? inherited = null)
    {
        var optimizer = config.Optimizer;
        var node = new JsonObject
        {
            ["network"] = config.Network,
            ["data"] = config.Data,
            ["batch"] = config.Batch,
            ["trainLimit"] = config.TrainLimit,
            ["augment"] = config.Augment,
            ["optimizer"] = new JsonObject
            {
                ["kind"] = optimizer.Name,
                ["momentum"] = optimizer.Momentum,
                ["dampening"] = optimizer.Dampening,
                ["nesterov"] = optimizer.Nesterov,
                ["weightDecay"] = optimizer.WeightDecay,
            },
            ["gradientClip"] = config.GradientClip,
        };
        var standard = OptimizerSettings.Of(optimizer.Kind);
        AddUnless(node["optimizer"]!, "beta1", optimizer.Beta1, standard.Beta1);
        AddUnless(node["optimizer"]!, "beta2", optimizer.Beta2, standard.Beta2);
        AddUnless(node["optimizer"]!, "epsilon", optimizer.Epsilon, standard.Epsilon);
        AddUnless(node["optimizer"]!, "alpha", optimizer.Alpha, standard.Alpha);
        AddUnless(node["optimizer"]!, "centered", optimizer.Centered, standard.Centered);
        Add("width", c => c.Width, 1, width => JsonValue.Create(width));
        Add("imageSize", c => c.ImageSize, null, size => JsonValue.Create(size));
        Add("labelNoise", c => c.LabelNoise, null, noise => noise is null ? null : ToNode(noise));
        Add("redraw", c => c.Redraw, Redraw.None, redraw => JsonValue.Create(Json.Word(redraw)));
        return node;

        // A default is written too where a reader would inherit something else.
        void Add<T>(string field, Func<TrainingConfig, T> of, T silent, Func<T, JsonNode?> write)
        {
            if (new[] { config, inherited }.Any(c => c is not null && !EqualityComparer<T>.Default.Equals(of(c), silent)))
            {
                node[field] = write(of(config));
            }
        }
    }

    /// <summary>Writes a config with every field and every constant of its optimiser, so that later changes of defaults do not affect it.</summary>
    public static JsonObject ToWholeNode(TrainingConfig config)
    {
        var node = ToNode(config);
        node["width"] = config.Width;
        node["imageSize"] = config.ImageSize;
        node["labelNoise"] = config.LabelNoise is { } noise ? ToNode(noise) : null;
        node["redraw"] = Json.Word(config.Redraw);
        node["optimizer"] = ToWholeNode(config.Optimizer);
        return node;
    }

    /// <summary>Reads a config; missing fields are inherited or have their defaults.</summary>
    /// <param name="place">The object.</param>
    /// <param name="inherited">The config to take missing fields from, or null.</param>
    public static TrainingConfig Read(JsonPlace place, TrainingConfig? inherited)
    {
        place.Fields([.. FieldNames]);
        return ReadFields(place, inherited);
    }

    /// <summary>Reads the fields of a config among others, which the caller has checked.</summary>
    public static TrainingConfig ReadFields(JsonPlace place, TrainingConfig? inherited) => place.Make(() => new TrainingConfig(
        inherited is null ? place.Required("network").Text() : place.At("network")?.Text() ?? inherited.Network,
        inherited is null ? place.Required("data").Text() : place.At("data")?.Text() ?? inherited.Data,
        place.At("batch")?.Int() ?? inherited?.Batch ?? TrainingConfig.DefaultBatch,
        place.At("trainLimit") is { } limit ? limit.OrNull(l => l.Int()) : inherited?.TrainLimit,
        place.At("augment")?.Flag() ?? inherited?.Augment ?? false,
        place.At("optimizer") is { } optimizer ? ReadOptimizer(optimizer) : inherited?.Optimizer,
        place.At("gradientClip") is { } clip ? clip.OrNull(c => c.Number()) : inherited?.GradientClip,
        place.At("width")?.Number() ?? inherited?.Width ?? 1,
        place.At("imageSize") is { } size ? size.OrNull(s => s.Int()) : inherited?.ImageSize,
        place.At("labelNoise") is { } noise ? noise.Kind == JsonValueKind.Null ? null : ReadNoise(noise) : inherited?.LabelNoise,
        place.At("redraw")?.OneOf(s_redraws) ?? inherited?.Redraw ?? Redraw.None));

    private static JsonObject ToNode(LabelNoise noise) => new() { ["fraction"] = noise.Fraction, ["seed"] = noise.Seed };

    private static LabelNoise ReadNoise(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.Make(() => new LabelNoise(place.Number()));
        }

        place.Fields("fraction", "seed");
        return place.Make(() => new LabelNoise(place.Required("fraction").Number(), place.At("seed") is { Kind: not JsonValueKind.Null } seed ? seed.Whole() : null));
    }

    private static JsonObject ToWholeNode(OptimizerSettings optimizer) => optimizer.Kind switch
    {
        OptimizerKind.Sgd => new()
        {
            ["kind"] = optimizer.Name,
            ["momentum"] = optimizer.Momentum,
            ["dampening"] = optimizer.Dampening,
            ["nesterov"] = optimizer.Nesterov,
            ["weightDecay"] = optimizer.WeightDecay,
        },
        OptimizerKind.RmsProp => new()
        {
            ["kind"] = optimizer.Name,
            ["momentum"] = optimizer.Momentum,
            ["weightDecay"] = optimizer.WeightDecay,
            ["alpha"] = optimizer.Alpha,
            ["epsilon"] = optimizer.Epsilon,
            ["centered"] = optimizer.Centered,
        },
        _ => new()
        {
            ["kind"] = optimizer.Name,
            ["weightDecay"] = optimizer.WeightDecay,
            ["beta1"] = optimizer.Beta1,
            ["beta2"] = optimizer.Beta2,
            ["epsilon"] = optimizer.Epsilon,
        },
    };

    private static OptimizerSettings ReadOptimizer(JsonPlace place)
    {
        var given = place.Kind == JsonValueKind.Object
            ? place.Fields("kind", "momentum", "dampening", "nesterov", "weightDecay", "beta1", "beta2", "epsilon", "alpha", "centered")
            : (JsonPlace?)null;
        var kind = (given?.Required("kind") ?? place).OneOf(s_optimizers);
        var standard = OptimizerSettings.Of(kind);
        if (given is null)
        {
            return standard;
        }

        var (momentum, dampening, nesterov) = (Number("momentum", standard.Momentum), Number("dampening", standard.Dampening), Flag("nesterov", standard.Nesterov));
        var (beta1, beta2) = (Number("beta1", standard.Beta1), Number("beta2", standard.Beta2));
        var (epsilon, alpha, centered) = (Number("epsilon", standard.Epsilon), Number("alpha", standard.Alpha), Flag("centered", standard.Centered));
        var decay = Number("weightDecay", standard.WeightDecay);
        return place.Make(() =>
        {
            var made = kind switch
            {
                OptimizerKind.Sgd => OptimizerSettings.Sgd(momentum, decay, dampening, nesterov),
                OptimizerKind.RmsProp => OptimizerSettings.RmsProp(momentum, decay, alpha, epsilon, centered),
                OptimizerKind.AdamW => OptimizerSettings.AdamW(decay, beta1, beta2, epsilon),
                _ => OptimizerSettings.Adam(decay, beta1, beta2, epsilon),
            };

            // A constant that an optimiser lacks may be given as 0 or false, as studies write it.
            var lacking = new (string Name, bool IsSame)[]
            {
                ("momentum", made.Momentum == momentum), ("dampening", made.Dampening == dampening), ("nesterov", made.Nesterov == nesterov),
                ("beta1", made.Beta1 == beta1), ("beta2", made.Beta2 == beta2), ("epsilon", made.Epsilon == epsilon),
                ("alpha", made.Alpha == alpha), ("centered", made.Centered == centered),
            }.Where(c => !c.IsSame).Select(c => c.Name).ToList();
            return lacking.Count == 0 ? made : throw new FormatException($"{OptimizerSettings.NameOf(kind)} has no such {string.Join(" and no ", lacking)}");
        });

        double Number(string field, double standard) => given.Value.At(field)?.Number() ?? standard;

        bool Flag(string field, bool standard) => given.Value.At(field)?.Flag() ?? standard;
    }

    private static void AddUnless<T>(JsonNode node, string field, T value, T silent)
    {
        if (!EqualityComparer<T>.Default.Equals(value, silent))
        {
            node[field] = JsonValue.Create(value);
        }
    }
}
