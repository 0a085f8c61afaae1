using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Dsd.DeviceChecks;

/// <summary>The command line: the checks, or one stage in a process of its own.</summary>
internal static class CheckCommand
{
    /// <summary>The exit code where something given cannot be used.</summary>
    public const int BadInput = 2;

    private const double UsualMinutes = 10;

    public static int Run(string[] args)
    {
        var device = new Option<string>("--device") { Description = "The device: cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };
        var stages = new Option<string?>("--stages") { Description = "Only these stages, separated by commas. Default: all.", HelpName = "A,B" };
        var folder = new Option<string>("--out") { Description = "The folder of the results.", HelpName = "FOLDER", DefaultValueFactory = _ => "results" };
        var minutes = new Option<double>("--minutes") { Description = "The time for all stages; each is stopped after its share.", HelpName = "N", DefaultValueFactory = _ => UsualMinutes };
        var cases = new Option<int?>("--cases") { Description = "The random cases of each law. Default: as many as there is time for.", HelpName = "N" };
        var quick = new Option<bool>("--quick") { Description = "A small amount of work, to see that it runs; its times say nothing." };
        var list = new Option<bool>("--list") { Description = "Only names the stages." };
        var alone = new Option<double?>("--alone") { Description = "Runs one stage in this process, for so many seconds.", Hidden = true };
        Between(minutes, 0.1, 24 * 60);
        Between(cases, 1, 100_000);
        var root = new RootCommand("Checks Dsd on a device. Each stage runs in a process of its own, and saves what it finds as it finds it.")
        {
            device, stages, folder, minutes, cases, quick, list, alone,
        };
        root.SetAction(parsed =>
        {
            if (parsed.GetValue(list))
            {
                return List();
            }

            var options = new CheckOptions(
                Checked(parsed.GetValue(device)!),
                parsed.GetValue(stages) is { } names ? [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Stages.Named)] : Stages.All,
                Path.GetFullPath(parsed.GetValue(folder)!),
                parsed.GetValue(minutes),
                parsed.GetValue(cases),
                parsed.GetValue(quick));
            Directory.CreateDirectory(options.Folder);
            return parsed.GetValue(alone) is { } seconds ? StageProcess.Answer(options, TimeSpan.FromSeconds(seconds)) : new CheckRun(options).Run();
        });
        try
        {
            var parsed = root.Parse(args);
            var exit = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            return parsed.Errors.Count > 0 ? BadInput : exit;
        }
        catch (Exception e) when (e is DsdException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"device checks: {e.Message}");
            return BadInput;
        }
    }

    private static int List()
    {
        var width = Stages.All.Max(s => s.Name.Length);
        foreach (var stage in Stages.All)
        {
            Console.WriteLine($"{stage.Name.PadRight(width)}  {stage.Summary}");
        }

        return 0;
    }

    private static string Checked(string device) =>
        device is "cpu" or "cuda" || (device.StartsWith("cuda:", StringComparison.Ordinal) && byte.TryParse(device[5..], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? device
            : throw new DsdException($"--device {device}: there is no such device; allowed are cpu, cuda and cuda:N.");

    private static void Between<T>(Option<T> option, double least, double most) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && (!double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) || !(value >= least && value <= most)))
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is from {least} to {most}; got '{result.Tokens[0].Value}'."));
        }
    });
}
