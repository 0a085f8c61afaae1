using System.Globalization;
using System.Text.Json;

namespace Dsd.Schedules;

/// <summary>Reads a schedule that is given as a method: its name, and its parameters as fields.</summary>
/// <remarks>Values are written as in the phases of a schedule; a pattern may also be a text such as <c>"2:4"</c>.</remarks>
internal static class MethodJson
{
    private static readonly (string Word, Annealing Value)[] s_courses = Json.Words<Annealing>();

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

    private static MaskPattern Pattern(JsonPlace place) =>
        place.Kind == JsonValueKind.String && place.Text().Split(':') is [var keep, var of]
        && int.TryParse(keep, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
        && int.TryParse(of, NumberStyles.None, CultureInfo.InvariantCulture, out var m)
            ? place.Make(() => MaskPattern.NOfM(n, m))
            : MaskPatternJson.Read(place);
}
