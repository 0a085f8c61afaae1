using System.CommandLine;
using System.Globalization;
using System.Text;
using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;

namespace Dsd.Cli;

/// <summary><c>dsd models</c>: lists the networks, or describes one.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("name") { Description = "A network, to show its layers and how the paper trained it.", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of text." };
        var command = new Command("models", "List the networks, or show one: its layers, the paper's schedule and figures.") { name, json }.WithHelp($"""
            {CatalogJson.ModelFields}

            Examples:
              dsd models
              dsd models vgg16
              dsd models resnet-18 --json
              dsd plan --model resnet-18 --preset paper     what would be pruned, layer by layer

            """);
        name.CompletionSources.Add(_ => Completions.Models());
        command.SetAction(parsed =>
        {
            var model = parsed.GetValue(name) is { } one ? ModelCatalog.Get(one) : null;
            Console.Out.Write(parsed.GetValue(json) ? Json(model) + "\n" : model is null ? List() : Describe(model));
            return 0;
        });
        return command;
    }

    private static string Json(ModelEntry? model)
    {
        if (model is null)
        {
            return CatalogJson.OfModels(ModelCatalog.All);
        }

        var (inputs, classes) = Size(model);
        return CatalogJson.OfModel(model, inputs, classes);
    }

    private static string List()
    {
        var text = new StringBuilder();
        foreach (var model in ModelCatalog.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"{model.Name}  {model.Description}\n  {model.Source}{(model.Paper is null ? "" : "; in the paper, see 'dsd models " + model.Name + "'")}\n");
        }

        return text.ToString();
    }

    private static string Describe(ModelEntry model)
    {
        var (inputs, classes) = Size(model);
        var shape = model.Shape(inputs, classes);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{model.Name}: {model.Description}\n{model.Source}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Layers for {InWords(model.Kind, inputs, classes)}{(model.HasWidth ? ", of width 1" : "")}\n\n{Layers(shape)}\n");
        if (model.Paper is { } paper)
        {
            text.Append(CultureInfo.InvariantCulture, $"Preset 'paper': {paper.Config}\n{paper.Source}\n\n{paper.Schedule.Describe()}\n");
            if (paper.Figures.Count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"The paper's figures\n\n{Figures(paper.Figures)}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"At small scale: {paper.SmallConfig}\n\n{paper.SmallSchedule.Describe()}\n");
            text.Append(CultureInfo.InvariantCulture, $"  dsd plan --model {model.Name} --preset paper\n  dsd train --model {model.Name} --preset paper --scale small\n");
        }

        return text.ToString();
    }

    /// <summary>Gets the inputs and classes of the paper's data, or else of the first data set of the network's kind.</summary>
    private static (int Inputs, int Classes) Size(ModelEntry model)
    {
        var data = DataCatalog.All.FirstOrDefault(d => d.Name == model.Paper?.Config.Data) ?? DataCatalog.All.FirstOrDefault(d => d.Kind == model.Kind);
        return data is null ? (1, 10) : (data.Inputs, data.Classes);
    }

    private static string InWords(TaskKind kind, int inputs, int classes) => kind switch
    {
        TaskKind.Images => string.Create(CultureInfo.InvariantCulture, $"images of {inputs} channel{(inputs == 1 ? "" : "s")} and {classes} classes"),
        TaskKind.Text => string.Create(CultureInfo.InvariantCulture, $"{inputs} symbols"),
        TaskKind.Captions => string.Create(CultureInfo.InvariantCulture, $"features of {inputs} numbers and {classes} words"),
        _ => string.Create(CultureInfo.InvariantCulture, $"spectrograms of {inputs} bins and {classes} characters, CTC's blank among them"),
    };

    private static TextTable Layers(ModelShape shape)
    {
        var table = new TextTable("parameter", "kind", ">dims", ">count");
        foreach (var p in shape.Parameters)
        {
            table.Row(p.Name, p.SharedWith is { } owner ? $"shared with {owner}" : p.Kind.ToString().ToLowerInvariant() + (p is { IsBias: true, Kind: not Schedules.LayerKind.Norm } ? p.Name.Contains("bias", StringComparison.Ordinal) ? ", bias" : ", never pruned" : ""), p.DimsText, p.Count.ToString("N0", CultureInfo.InvariantCulture));
        }

        table.Row("all", "", "", shape.Count.ToString("N0", CultureInfo.InvariantCulture));
        return table;
    }

    private static TextTable Figures(ValueList<(string Metric, string Stage, double Value)> figures)
    {
        var stages = figures.Select(f => f.Stage).Distinct().ToList();
        var table = new TextTable(["metric", .. stages.Select(s => ">" + s)]);
        foreach (var metric in figures.GroupBy(f => f.Metric))
        {
            table.Row([metric.Key, .. stages.Select(s => metric.First(f => f.Stage == s).Value.ToString("0.0#", CultureInfo.InvariantCulture))]);
        }

        return table;
    }
}
