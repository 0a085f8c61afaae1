using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary><c>dsd methods</c>: lists the published methods, or describes one.</summary>
internal static class MethodsCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("name") { Description = "A method, to show its parameters.", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of text." };
        var command = new Command("methods", "List the published ways to train with masks, or show one: its parameters and examples.") { name, json }.WithHelp("""
            With --json: { "methods": [ … ], "leftOut": { … } }, of one method the object alone, with name,
            summary, source, function (in C# and F#) and parameters (name, description, default, required;
            the default is null where the description states it).

            Examples:
              dsd methods
              dsd methods rigl
              dsd plan --method rigl --sparsity 0.95          what it would do to each layer
              dsd train --method rigl --method set --epochs 6 both and a control, compared

            """);
        name.CompletionSources.Add(_ => Method.All.Select(m => m.Name));
        command.SetAction(parsed =>
        {
            var method = parsed.GetValue(name) is { } one ? Method.Named(one) : null;
            Console.Out.Write(parsed.GetValue(json) ? Json(method) + "\n" : method is null ? List() : Describe(method));
            return 0;
        });
        return command;
    }

    private static string Json(Method? method) => (method is not null ? Node(method) : new JsonObject
    {
        ["methods"] = new JsonArray([.. Method.All.Select(Node)]),
        ["leftOut"] = new JsonObject(Method.LeftOut.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))),
    }).ToJsonString(Dsd.Json.Indented);

    private static JsonObject Node(Method method) => new()
    {
        ["name"] = method.Name,
        ["summary"] = method.Summary,
        ["source"] = method.Source,
        ["function"] = method.Function,
        ["parameters"] = new JsonArray([.. method.Parameters.Select(p => new JsonObject
        {
            ["name"] = p.Name,
            ["description"] = p.Description,
            ["default"] = p.Default,
            ["required"] = p.IsRequired,
        })]),
    };

    private static string List()
    {
        var text = new StringBuilder();
        foreach (var method in Method.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"{method.Name}  {method.Summary}\n  {method.Source}\n");
        }

        foreach (var (name, reason) in Method.LeftOut)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nLeft out: {name}, {reason}.");
        }

        return text.Append("\n\n'dsd methods NAME' shows the parameters of one; 'dsd train --method NAME' trains it.\n").ToString();
    }

    private static string Describe(Method method)
    {
        var table = new TextTable("parameter", "default", "description");
        foreach (var parameter in method.Parameters)
        {
            table.Row(parameter.Name, parameter.Default ?? (parameter.IsRequired ? "needed" : ""), parameter.Description);
        }

        var isCurve = method.Parameters.First(p => p.Name == "rate").Type == typeof(LearningRate);
        var example = method.Parameters.FirstOrDefault(p => p is { IsRequired: false, Default: not null });
        var (csharp, json) = example is null ? ("", "") : ($", {example.Name}: {example.Default}", $", \"{example.Name}\": {example.Default}");
        return $$"""
            {{method.Name}}: {{method.Summary}}
            {{method.Source}}

            {{table}}
            On the command line, where the duration is 12 epochs and the rate starts at 0.02 unless they are given:
              dsd plan --method {{method.Name}}{{(example is null ? "" : $" --with {example.Name}={example.Default}")}}
              dsd train --method {{method.Name}} --epochs 6 --rate 0.05

            In C# and F#:
              Methods.{{method.Function}}(Duration.Epochs(12), {{(isCurve ? "LearningRate.Cosine(0.02)" : "0.02")}}{{csharp}})
              Methods.{{method.Function}}(epochs 12, {{(isCurve ? "cosine 0.02 0" : "0.02")}}{{csharp.Replace(": ", " = ", StringComparison.Ordinal)}})

            In a schedule's JSON:
              {"method": "{{method.Name}}", "duration": "12ep", "rate": {{(isCurve ? "{\"cosine\": {\"from\": 0.02}}" : "0.02")}}{{json}}}

            """.ReplaceLineEndings("\n");
    }
}
