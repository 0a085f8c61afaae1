using System.CommandLine;
using System.Globalization;
using Dsd.Models;

namespace Dsd.Cli;

/// <summary><c>dsd models</c>: the networks.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var command = new Command("models", """
            List the networks.

            Example:
              dsd models
            """);
        command.SetAction(_ =>
        {
            var width = ModelCatalog.All.Max(m => m.Name.Length);
            foreach (var model in ModelCatalog.All)
            {
                Console.Out.WriteLine($"{model.Name.PadRight(width)}  {model.Shape().Count.ToString("N0", CultureInfo.InvariantCulture),10} parameters (grey images)  {model.Description}");
                Console.Out.WriteLine($"{new string(' ', width)}  {model.Source}");
            }

            return 0;
        });
        return command;
    }
}
