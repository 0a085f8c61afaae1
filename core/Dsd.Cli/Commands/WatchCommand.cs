using System.CommandLine;
using System.Globalization;

namespace Dsd.Cli;

/// <summary><c>dsd watch</c>: a page that follows a run, a study or a folder of them while they train.</summary>
internal static class WatchCommand
{
    private const int LargestPort = 65535;

    public static Command Create()
    {
        var folder = OptionOf.PathArgument("PATH", "The folder of a run, of a study, or of several. Default: runs.");
        folder.Arity = ArgumentArity.ZeroOrOne;
        folder.DefaultValueFactory = _ => "runs";
        var port = OptionOf.Whole("--port", "The port of the page on this machine. Default: a free one.", 1, LargestPort);
        var noBrowser = new Option<bool>("--no-browser") { Description = "Only print the address." };
        var command = new Command("watch", "Follow runs and studies on a page while they train.") { folder, port, noBrowser }.WithHelp("""
            Prints the page's address and opens it in a browser. The page shows what the reports show, and
            changes as the records grow: of a run of this or another process, or of another machine on a
            shared disk. It can be opened at any time, and stays when the training ends. Ctrl-C ends it.

            The page is served to this machine alone, under an address with a random part, and loads nothing
            from any other. To look at it from elsewhere, forward the port: ssh -L 8080:localhost:8080 MACHINE.

            Examples:
              dsd watch                             all runs in runs/, each one click away
              dsd watch runs/NAME
              dsd watch runs/sparsity --port 8080 --no-browser

            """);
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(folder)!;
            RunList.Check(path, "the folder of a run, of a study, or of several");
            using var interrupt = new Interrupt();
            using var server = Watched.Open(path).Serve((int)(parsed.GetValue(port) ?? 0));
            Console.Out.WriteLine(server.Address);
            if (!parsed.GetValue(noBrowser) && !server.OpenBrowser())
            {
                Say.Line("No browser was found here to open it with.");
            }

            Say.Line(string.Create(CultureInfo.InvariantCulture, $"Watching {path}; Ctrl-C ends it."));
            interrupt.Token.WaitHandle.WaitOne();
            return 0;
        });
        return command;
    }
}
