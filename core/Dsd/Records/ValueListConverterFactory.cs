using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dsd.Records;

/// <summary>Reads and writes lists of values as JSON arrays.</summary>
internal sealed class ValueListConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(ValueList<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(ValueListConverter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class ValueListConverter<T> : JsonConverter<ValueList<T>>
    {
        public override ValueList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            // Nullable annotations say nothing about the items of a list.
            var items = JsonSerializer.Deserialize<List<T>>(ref reader, options)!;
            return items.FindIndex(item => item is null) is >= 0 and var index
                ? throw new JsonException(FormattableString.Invariant($"Item {index} of the list is null."))
                : items.ToValueList();
        }

        public override void Write(Utf8JsonWriter writer, ValueList<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, (IEnumerable<T>)value, options);
    }
}
