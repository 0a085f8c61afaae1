using System.CommandLine;

namespace Dsd.Cli;

/// <summary><c>dsd completion</c>: prints the script that makes a shell complete <c>dsd</c> command lines.</summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = $"The shell: {string.Join(", ", CompletionScripts.All.Keys)}." };
        shell.CompletionSources.Add([.. CompletionScripts.All.Keys]);
        var command = new Command("completion", "Print a script that makes a shell complete commands, options and names.") { shell }.WithHelp("""
            Add the line for your shell to its startup file.

            Examples:
              eval "$(dsd completion bash)"                             in ~/.bashrc
              source <(dsd completion zsh)                              in ~/.zshrc, after compinit
              dsd completion fish | source                              in ~/.config/fish/config.fish
              dsd completion pwsh | Out-String | Invoke-Expression      in $PROFILE

            """);
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(shell)!;
            Console.Out.Write(CompletionScripts.All.TryGetValue(name, out var script)
                ? script
                : throw new DsdException($"SHELL: there is no script for '{name}'; allowed are {string.Join(", ", CompletionScripts.All.Keys)}."));
            return 0;
        });
        return command;
    }
}
