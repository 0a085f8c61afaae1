using System.CommandLine;
using System.Globalization;
using Dsd.Data;

namespace Dsd.Cli;

/// <summary><c>dsd data</c>: lists and downloads data sets.</summary>
internal static class DataCommand
{
    public static Command Create()
    {
        // One option object for both commands, so that it is accepted at either level.
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of text." };
        var root = OptionOf.DataRoot();
        var command = new Command("data", "List data sets, or download one in advance.")
        {
            CreateList(root, json),
            CreateGet(root),
        }.WithHelp($"""
            Without a subcommand it lists the data sets, as 'dsd data list' does.

            {CatalogJson.DataFields}

            Examples:
              dsd data
              dsd data --json
              dsd data get fashion-mnist

            """);
        Lists(command, name: null, root, json);
        return command;
    }

    private static Command CreateList(Option<string?> root, Option<bool> json)
    {
        var name = new Argument<string?>("name") { Description = "A data set, or your own, such as imagenet:FOLDER.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("list", "List the data sets and their locations on this machine.") { name }.WithHelp($"""
            {CatalogJson.DataFields}

            Examples:
              dsd data list
              dsd data list --data-root ~/data
              dsd data list imagenet:~/pictures --json

            """);
        name.CompletionSources.Add(_ => Completions.Data());
        Lists(command, name, root, json);
        return command;
    }

    /// <summary>Makes a command list the data sets, or show the named one.</summary>
    private static void Lists(Command command, Argument<string?>? name, Option<string?> root, Option<bool> json)
    {
        command.Options.Add(root);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var one = name is not null && parsed.GetValue(name) is { } named ? DataCatalog.Get(named) : null;
            var place = parsed.GetValue(root);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(one is null ? CatalogJson.OfData(DataCatalog.All, place) : CatalogJson.OfData(one, place));
                return 0;
            }

            foreach (var data in one is null ? DataCatalog.All : [one])
            {
                Describe(data, data.Folder ?? data.Find(place));
            }

            return 0;
        });
    }

    private static void Describe(DataEntry data, string? place)
    {
        Console.Out.WriteLine($"{data.Name}  {data.Description}");
        Console.Out.WriteLine($"  {data.Contents}");
        Console.Out.WriteLine($"  {data.Licence}, {data.Source}");
        Console.Out.WriteLine(place is not null ? $"  in {place}"
            : data.IsOfTheUser ? $"  cannot be fetched ({data.Size})"
            : $"  not here yet; 'dsd data get {data.Name}' fetches {data.Size}");
    }

    private static Command CreateGet(Option<string?> root)
    {
        var name = new Argument<string>("name") { Description = "The data set; 'dsd data list' lists them." };
        var command = new Command("get", "Find and verify a data set, or download it.") { name, root }.WithHelp("""
            Examples:
              dsd data get fashion-mnist
              dsd data get fashion-mnist --data-root ~/data

            """);
        name.CompletionSources.Add(_ => Completions.Data());
        command.SetAction(parsed =>
        {
            using var interrupt = new Interrupt();
            var data = DataCatalog.Get(parsed.GetValue(name)!);
            var place = data.Download(parsed.GetValue(root), Say.Line, interrupt.Token);
            Console.Out.WriteLine(data.Folder is null ? $"{data.Name} is in {place}; all files are whole" : $"{data.Name}: {data.Contents}");
            foreach (var problem in data.Problems(cancellation: interrupt.Token))
            {
                Console.Out.WriteLine($"  {problem}");
            }

            return 0;
        });
        return command;
    }
}
