using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dsd.Records;

/// <summary>The JSON converter of measured values: writes the full declaration of their metric, and reads older records with only a name.</summary>
/// <param name="withOutcomes">False to skip the outcomes of examples, which are most of a measurement on test. Default true.</param>
internal sealed class MetricValueConverter(bool withOutcomes = true) : JsonConverter<MetricValue>
{
    /// <inheritdoc/>
    /// <remarks>Null is handled so that it is rejected and not added to the list.</remarks>
    public override bool HandleNull => true;

    public override MetricValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var stored = (withOutcomes ? JsonSerializer.Deserialize<Stored>(ref reader, options) : JsonSerializer.Deserialize<Brief>(ref reader, options)?.Stored()) ?? throw new JsonException("A metric is null.");
        try
        {
            var metric = stored.Goal is not { } goal || goal == MetricGoal.Undeclared
                ? Metric.OfOldFile(stored.Name)
                : new Metric(stored.Name, goal, stored.Scale, stored.Unit, stored.Decimals, stored.MeanOverExamples);
            return new(metric, stored.Value, stored.Examples, OutcomesOf(stored));
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, MetricValue value, JsonSerializerOptions options)
    {
        var metric = value.Metric;
        JsonSerializer.Serialize(
            writer,
            new Stored(
                metric.Name,
                value.Value,
                metric.Goal,
                metric.Scale,
                metric.Unit,
                metric.Decimals,
                metric.IsMeanOverExamples,
                value.Examples,
                value.Outcomes is { } outcomes ? ExampleOutcomes.Pack(outcomes.Values) : null,
                value.Outcomes?.Weights is { } weights ? ExampleOutcomes.Pack(weights) : null),
            options);
    }

    private static ExampleOutcomes? OutcomesOf(Stored stored)
    {
        if (stored.Outcomes is null)
        {
            return stored.Weights is null ? null : throw new FormatException("There are weights of outcomes that are missing.");
        }

        var count = stored.Examples is > 0 and <= ExampleOutcomes.Most ? (int)stored.Examples.Value : throw new FormatException($"There cannot be outcomes of {stored.Examples} examples.");
        return new(ExampleOutcomes.Unpack(stored.Outcomes, count), stored.Weights is { } weights ? ExampleOutcomes.Unpack(weights, count) : null);
    }

    private sealed record Stored(
        string Name,
        double Value,
        MetricGoal? Goal = null,
        MetricScale Scale = MetricScale.Number,
        string Unit = "",
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Decimals = null,
        bool MeanOverExamples = false,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Examples = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Outcomes = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Weights = null);

    /// <summary>All but the outcomes, over which the reader goes without decoding them.</summary>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
    private sealed record Brief(string Name, double Value, MetricGoal? Goal = null, MetricScale Scale = MetricScale.Number, string Unit = "", int? Decimals = null, bool MeanOverExamples = false, long? Examples = null)
    {
        public Stored Stored() => new(Name, Value, Goal, Scale, Unit, Decimals, MeanOverExamples, Examples);
    }
}
