using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dsd;

/// <summary>The one way in which this library writes and parses JSON documents.</summary>
internal static class Json
{
    /// <summary>Over several lines, with letters of any language as they are.</summary>
    public static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions s_reading = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>The word that stands for a value of an enumeration, e.g. <c>"channelsLast"</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>All values of an enumeration with their words, for <see cref="JsonPlace.OneOf"/>.</summary>
    public static (string Word, T Value)[] Words<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(value => (Word(value), value))];

    /// <summary>Parses a document; comments and trailing commas are allowed.</summary>
    /// <param name="json">The text.</param>
    /// <param name="empty">What an empty text is missing, e.g. <c>"a schedule is an object with the field 'phases'"</c>.</param>
    /// <exception cref="JsonFormatException">The text is empty or not JSON; the message names the line.</exception>
    public static JsonDocument Parse(string json, string empty)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (string.IsNullOrWhiteSpace(json))
        {
            throw new JsonFormatException("the document", $"it is empty; {empty}");
        }

        try
        {
            return JsonDocument.Parse(json, s_reading);
        }
        catch (JsonException e)
        {
            throw new JsonFormatException(
                e.LineNumber is { } line ? FormattableString.Invariant($"line {line + 1}") : "the document",
                $"not well-formed JSON ({e.Message.Split(" LineNumber:")[0].Split(", when isFinalBlock")[0].TrimEnd('.')})",
                e);
        }
        catch (ArgumentException e)
        {
            throw new JsonFormatException("the document", "a text holds half of a character (an unpaired surrogate)", e);
        }
    }
}
