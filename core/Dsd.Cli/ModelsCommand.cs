using System.CommandLine;
using Dsd.Models;

namespace Dsd.Cli;

/// <summary><c>dsd models</c>: the networks.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var command = new Command("models", "List the networks.").WithHelp("""
            Examples:
              dsd models
              dsd plan --model resnet-20     the layers of one, and what would be pruned

            """);
        command.SetAction(_ =>
        {
            foreach (var model in ModelCatalog.All)
            {
                Console.Out.WriteLine($"{model.Name}  {model.Description}");
                Console.Out.WriteLine($"  {model.Source}");
            }

            return 0;
        });
        return command;
    }
}
