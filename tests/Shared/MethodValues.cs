using Dsd.Schedules;

namespace Dsd.Tests.Shared;

/// <summary>One value of every parameter of the published methods that is nowhere its default: as C#, as JSON and as text of a command line.</summary>
public static class MethodValues
{
    private static readonly Dictionary<string, (object Value, string Json, string Text)> s_values = new()
    {
        ["duration"] = (Duration.Epochs(30), "\"30ep\"", "30ep"),
        ["sparsity"] = (0.8, "0.8", "0.8"),
        ["secondSparsity"] = (0.15, "0.15", "0.15"),
        ["backwardSparsity"] = (0.5, "0.5", "0.5"),
        ["interval"] = (Duration.Steps(50), "\"50st\"", "50st"),
        ["fraction"] = (0.2, "0.2", "0.2"),
        ["until"] = (0.6, "0.6", "0.6"),
        ["annealing"] = (Annealing.Linear, "\"linear\"", "linear"),
        ["dense"] = (0.2, "0.2", "0.2"),
        ["cycle"] = (0.075, "0.075", "0.075"),
        ["last"] = (0.1, "0.1", "0.1"),
        ["rounds"] = (3, "3", "3"),
        ["rewindTo"] = (0.1, "0.1", "0.1"),
        ["keep"] = (1, "1", "1"),
        ["of"] = (8, "8", "8"),
        ["decay"] = (0.001, "0.001", "0.001"),
        ["deviations"] = (0.5, "0.5", "0.5"),
        ["margin"] = (0.25, "0.25", "0.25"),
        ["criterion"] = (MaskCriterion.Random(), "\"random\"", "random"),
        ["distribution"] = (SparsityDistribution.Erk.WithPower(0.5), """{"erk": {"power": 0.5}}""", """{"erk": {"power": 0.5}}"""),
        ["pattern"] = (MaskPattern.NOfM(2, 4), """{"nOfM": {"keep": 2, "of": 4}}""", "2:4"),
        ["layers"] = (LayerScope.Default.Keep("fc2").Set("fc1", 0.5), """[{"keep": "fc2"}, {"set": "fc1", "sparsity": 0.5}]""", """[{"keep": "fc2"}, {"set": "fc1", "sparsity": 0.5}]"""),
    };

    /// <summary>Every method with every one of its parameters.</summary>
    public static IEnumerable<(string Method, string Parameter)> All => Method.All.SelectMany(m => m.Parameters.Select(p => (m.Name, p.Name)));

    /// <summary>The value of a parameter in its three forms.</summary>
    public static (object Value, string Json, string Text) Of(string method, string parameter) =>
        parameter != "rate" ? s_values[parameter]
        : TakesCurve(method) ? (LearningRate.Linear(0.05, 0.001), """{"linear": {"from": 0.05, "to": 0.001}}""", """{"linear": {"from": 0.05, "to": 0.001}}""")
        : (0.05, "0.05", "0.05");

    /// <summary>True if the method takes a curve as its rate, rather than the number at its start.</summary>
    public static bool TakesCurve(string method) => method is not ("dsd" or "dsdsd" or "same-rates");

    /// <summary>The duration and rate that the command line has by default, and the value of one parameter.</summary>
    public static Dictionary<string, object?> Values(string method, string? parameter)
    {
        var values = new Dictionary<string, object?> { ["duration"] = Duration.Epochs(12), ["rate"] = TakesCurve(method) ? LearningRate.Cosine(0.02) : 0.02 };
        if (parameter is not null)
        {
            values[parameter] = Of(method, parameter).Value;
        }

        return values;
    }

    /// <summary>The same in JSON.</summary>
    public static string Json(string method, string? parameter)
    {
        var fields = new Dictionary<string, string> { ["method"] = $"\"{method}\"", ["duration"] = "\"12ep\"", ["rate"] = TakesCurve(method) ? """{"cosine": {"from": 0.02}}""" : "0.02" };
        if (parameter is not null)
        {
            fields[parameter] = Of(method, parameter).Json;
        }

        return $"{{ {string.Join(", ", fields.Select(f => $"\"{f.Key}\": {f.Value}"))} }}";
    }
}
