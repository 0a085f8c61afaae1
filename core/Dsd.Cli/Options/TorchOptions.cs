using System.CommandLine;
using Dsd.Torch;

namespace Dsd.Cli;

/// <summary>The options that name another libtorch than TorchSharp's, of every command that loads one.</summary>
internal static class TorchOptions
{
    private const string Named = "--libtorch";
    private const string Any = "--libtorch-any";

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="shown">False to leave them out of its help. Default true.</param>
    public static T WithLibTorch<T>(this T command, bool shown = true)
        where T : Command
    {
        var named = OptionOf.Class(Named, Read, $"Compute with the libtorch of an installed PyTorch, which python3 finds, or of the folder that has libtorch_cpu.so. Versions 2.10 and 2.11; on Linux. Default: the environment variable {LibTorchChoice.Variable}, then TorchSharp's own.", "pytorch|DIR");
        named.CompletionSources.Add(LibTorchChoice.PyTorch);
        named.Hidden = !shown;
        command.Options.Add(named);
        command.Options.Add(new Option<bool>(Any) { Description = $"Accept --libtorch of any version; {LibTorchChoice.AnyVariable}=1 does too.", Hidden = !shown });
        return command;
    }

    /// <summary>Sets the environment variables of this process as the command line has the options, so that whatever loads libtorch here and in workers sees them.</summary>
    public static void Apply(ParseResult parsed)
    {
        foreach (var option in parsed.CommandResult.Command.Options.Where(parsed.IsGiven))
        {
            if (option is Option<string?> { Name: Named } named)
            {
                Environment.SetEnvironmentVariable(LibTorchChoice.Variable, parsed.GetValue(named));
            }
            else if (option is Option<bool> { Name: Any } any)
            {
                Environment.SetEnvironmentVariable(LibTorchChoice.AnyVariable, parsed.GetValue(any) ? "1" : "0");
            }
        }
    }

    private static string Read(string text) => text == LibTorchChoice.PyTorch ? text
        : string.IsNullOrWhiteSpace(text) ? throw new FormatException($"the name is empty; give '{LibTorchChoice.PyTorch}' or a folder, or leave the option out.")
        : Path.GetFullPath(UserPath.Expand(text));
}
