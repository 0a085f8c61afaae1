using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dsd.Schedules;

/// <summary>Reads a schedule that is given as a method: its name, and its parameters as fields.</summary>
/// <remarks>Values are written as in the phases of a schedule; a pattern may also be a text such as <c>"2:4"</c>, <c>"4x4"</c> or <c>"filter"</c>.</remarks>
internal static partial class MethodJson
{
    private static readonly (string Word, Annealing Value)[] s_courses = Json.Words<Annealing>();

    private static readonly (string Word, MaskPattern Value)[] s_words =
        [("element", MaskPattern.Element), .. MaskPatternJson.Whole.Select(w => (w.Key, w.Value(UnitNorm.L2)))];

    /// <summary>Reads the schedule.</summary>
    /// <param name="root">An object with the field <c>method</c>.</param>
    /// <exception cref="JsonFormatException">The method or a parameter is unknown, or a value is missing, of another type or outside its range.</exception>
    public static Schedule Read(JsonPlace root)
    {
        var method = Named(root.Required("method"));
        root.Fields(["version", "method", .. method.Parameters.Select(p => p.Name)]);
        var missing = method.Parameters.Where(p => p.IsRequired && root.At(p.Name) is null).Select(p => $"'{p.Name}'").ToList();
        if (missing.Count > 0)
        {
            throw root.Wrong($"the method {method.Name} needs {string.Join(" and ", missing)}");
        }

        var values = method.Parameters.Where(p => root.At(p.Name) is not null).ToDictionary(p => p.Name, p => (object?)Value(p, root.At(p.Name)!.Value));
        return root.Make(() => method.Invoke(values));
    }

    /// <summary>Reads the value of a parameter.</summary>
    /// <exception cref="JsonFormatException">It is of another type, or no such value.</exception>
    public static object Value(MethodParameter parameter, JsonPlace place) =>
        parameter.Type == typeof(double) ? place.Number()
        : parameter.Type == typeof(int) ? place.Int()
        : parameter.Type == typeof(Duration) ? place.Make(() => Duration.Parse(place.Kind == JsonValueKind.Number ? place.Element.GetRawText() : place.Text()))
        : parameter.Type == typeof(LearningRate) ? ScheduleJson.ReadRate(place)
        : parameter.Type == typeof(Annealing) ? place.OneOf(s_courses)
        : parameter.Type == typeof(MaskCriterion) ? MaskRuleJson.ReadCriterion(place)
        : parameter.Type == typeof(SparsityDistribution) ? MaskRuleJson.ReadDistribution(place)
        : parameter.Type == typeof(MaskPattern) ? Pattern(place)
        : parameter.Type == typeof(LayerScope) ? ScheduleJson.ReadLayers(place)
        : throw new InvalidOperationException($"Parameters of the type {parameter.Type.Name} have no JSON form.");

    private static Method Named(JsonPlace name)
    {
        try
        {
            return Method.Named(name.Text());
        }
        catch (DsdException e) when (e is not JsonFormatException)
        {
            throw name.Wrong(char.ToLowerInvariant(e.Message[0]) + e.Message[1..].TrimEnd('.'));
        }
    }

    private static MaskPattern Pattern(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.String)
        {
            return MaskPatternJson.Read(place);
        }

        if (Sizes().Match(place.Text()) is { Success: true } sizes)
        {
            var (first, second) = (Int(sizes.Groups[1].ValueSpan, place), Int(sizes.Groups[3].ValueSpan, place));
            return place.Make(() => sizes.Groups[2].ValueSpan is ":" ? MaskPattern.NOfM(first, second) : MaskPattern.Block(first, second));
        }

        return s_words.Any(w => w.Word == place.Text()) ? place.OneOf(s_words)
            : throw place.Wrong($"expected N:M such as \"2:4\", blocks such as \"4x4\", {string.Join(", ", s_words.Select(w => $"\"{w.Word}\""))}, or an object as in the phases of a schedule; got \"{place.Text()}\"");
    }

    private static int Int(ReadOnlySpan<char> digits, JsonPlace place) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw place.Wrong($"the number {digits} is too large");

    [GeneratedRegex("^([0-9]+)([:x])([0-9]+)$")]
    private static partial Regex Sizes();
}
