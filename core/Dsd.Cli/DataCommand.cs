using System.CommandLine;
using System.Globalization;
using Dsd.Data;
using Dsd.Training;

namespace Dsd.Cli;

/// <summary><c>dsd data</c>: the data sets, where they are, and how to get them.</summary>
internal static class DataCommand
{
    public static Option<string?> RootOption() => OptionOf.Path(
        "--data-root",
        $"The folder that holds data sets. Default: the environment variable {DataFolder.Variable}, then the system's folder, then the user's own.",
        "DIR");

    public static Command Create() => new Command("data", "List data sets, or fetch one before it is needed.")
    {
        CreateList(),
        CreateGet(),
    }.WithHelp("""
        Examples:
          dsd data list
          dsd data get fashion-mnist

        """);

    private static Command CreateList()
    {
        var root = RootOption();
        var command = new Command("list", "List the data sets and where they are on this machine.") { root }.WithHelp("""
            Examples:
              dsd data list
              dsd data list --data-root ~/data

            """);
        command.SetAction(parsed =>
        {
            foreach (var data in DataCatalog.All)
            {
                var place = data.Find(parsed.GetValue(root));
                Console.Out.WriteLine($"{data.Name}  {data.Description}");
                Console.Out.WriteLine($"  {data.Contents}");
                Console.Out.WriteLine($"  {data.Licence}, {data.Source}");
                Console.Out.WriteLine(place is not null ? $"  in {place}"
                    : data.IsOfTheUser ? $"  cannot be fetched ({data.Size})"
                    : $"  not here yet; 'dsd data get {data.Name}' fetches {data.Size}");
            }

            return 0;
        });
        return command;
    }

    private static Command CreateGet()
    {
        var name = new Argument<string>("name") { Description = "The data set; 'dsd data list' lists them." };
        var root = RootOption();
        var command = new Command("get", "Find a data set and check it, or fetch it.") { name, root }.WithHelp("""
            Examples:
              dsd data get fashion-mnist
              dsd data get fashion-mnist --data-root ~/data

            """);
        command.SetAction(parsed =>
        {
            using var interrupt = new Interrupt();
            var data = DataCatalog.Get(parsed.GetValue(name)!);
            var place = data.Obtain(parsed.GetValue(root), Say.Line, interrupt.Token);
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
