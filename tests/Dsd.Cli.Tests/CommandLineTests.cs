using System.CommandLine;
using System.CommandLine.Parsing;

namespace Dsd.Cli.Tests;

/// <summary>Every option and argument of every command: what holds of all of them.</summary>
public sealed class CommandLineTests
{
    private static readonly string[] s_paths = ["RUN", "DIR", "STUDY", "FILE", "PATH", "FOLDER", "A", "B"];

    public static TheoryData<string> Commands => [.. All(DsdCommand.Create()).Select(c => c.Path)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Option_GivenTwiceOrEmpty_IsRefusedWithoutFailing(string command)
    {
        var root = DsdCommand.Create();
        foreach (var option in All(root).Single(c => c.Path == command).Command.Options.Where(o => o.Arity.MaximumNumberOfValues > 0))
        {
            foreach (var values in (string[][])[[option.Name, "x", option.Name, "x"], [option.Name, ""], [option.Name, " "], [option.Name]])
            {
                var parsed = root.Parse([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. values], new ParserConfiguration { ResponseFileTokenReplacer = null });
                if (parsed.Errors.Count > 0)
                {
                    _ = InputChecks.Of(parsed).ToList();
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Path_ThatIsEmpty_IsRefused(string command)
    {
        var root = DsdCommand.Create();
        foreach (var argument in All(root).Single(c => c.Path == command).Command.Arguments.Where(a => s_paths.Contains(a.Name)))
        {
            foreach (var empty in (string[])["", "  "])
            {
                var before = All(root).Single(c => c.Path == command).Command.Arguments.TakeWhile(a => a != argument).Select(_ => "x");
                var parsed = root.Parse([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. before, empty]);

                Assert.Contains(parsed.Errors, e => e.Message.Contains("the path is empty", StringComparison.Ordinal));
            }
        }
    }

    private static IEnumerable<(string Path, Command Command)> All(Command command, string path = "") =>
        command.Subcommands.SelectMany(c => All(c, $"{path} {c.Name}".Trim())).Prepend((path, command));
}
