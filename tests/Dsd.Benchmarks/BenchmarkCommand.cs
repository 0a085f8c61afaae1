using System.CommandLine;
using Dsd.Cli;
using Dsd.Optimizers;
using Dsd.Torch;

namespace Dsd.Benchmarks;

/// <summary>The command that measures.</summary>
internal static class BenchmarkCommand
{
    private const int BadInput = 2;

    public static int Run(string[] args)
    {
        var filter = OptionOf.Path("--filter", "Only the cases whose name contains this text. Default: all.", "TEXT");
        var rounds = OptionOf.Whole("--rounds", "How often each contender has its turn. Default 25, with --quick 3.", 1, 1000);
        var quick = new Option<bool>("--quick") { Description = "Small networks and few rounds, to see that it works; the numbers say nothing about the bars." };
        var json = OptionOf.Path("--json", "Also write all rows and raw times there.", "FILE");
        var chart = OptionOf.Path("--chart", "Also write a page, or with .svg or .png a picture, of the cost of masks against the number of weights; needs the case 'growth'.", "FILE");
        var measured = OptionOf.Path("--measured", "With --chart: draw the case 'growth' from this table of an earlier run, such as RESULTS.md, and measure nothing.", "FILE.md");
        var list = new Option<bool>("--list") { Description = "Only name the cases." };
        var root = new RootCommand("Measures what the library claims of its speed and memory, each claim beside its baseline in the same run.")
        {
            filter,
            rounds,
            quick,
            json,
            chart,
            measured,
            list,
        }.WithHelp("""
            Contenders of a case take turns: one timed batch of each, round after round. A ratio is the
            median of the ratios of single rounds; beside it stand the quartiles. Each row that has a bar
            says whether it meets or misses it; missing one is a result, not a failure. Python is started
            where python3 can import torch, and skipped otherwise. The number of threads is libtorch's,
            which OMP_NUM_THREADS sets. Let nothing else run meanwhile.

            Examples:
              dotnet run -c Release --project tests/Dsd.Benchmarks
              dotnet run -c Release --project tests/Dsd.Benchmarks -- --list
              dotnet run -c Release --project tests/Dsd.Benchmarks -- --filter lenet-5 --rounds 41
              dotnet run -c Release --project tests/Dsd.Benchmarks -- --filter growth --chart growth.html
              dotnet run -c Release --project tests/Dsd.Benchmarks -- --quick --json quick.json

            Exit codes: 0 measured, whatever the verdicts; 2 something given cannot be used.

            """);
        root.HelpName = "dotnet run -c Release --project tests/Dsd.Benchmarks --";
        HelpText.Install(root);
        root.SetAction(parsed => parsed.GetValue(list)
            ? List()
            : parsed.GetValue(measured) is { } table ? Redraw(table, parsed.GetValue(chart))
            : Measure(Chosen(parsed.GetValue(filter)), parsed.GetValue(quick), (int?)parsed.GetValue(rounds), parsed.GetValue(json), parsed.GetValue(chart)));

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && !HelpText.IsWanted(parsed))
        {
            parsed.Errors.Select(e => e.Message).Distinct().ToList().ForEach(m => Say.Line($"benchmarks: {m}"));
            Say.Line("benchmarks: see --help");
            return BadInput;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e) when (e is DsdException or IOException or UnauthorizedAccessException)
        {
            Say.Line($"benchmarks: {e.Message}");
            return BadInput;
        }
    }

    private static int List()
    {
        var width = Cases.All.Max(c => c.Name.Length);
        foreach (var found in Cases.All)
        {
            Console.WriteLine($"{found.Name.PadRight(width)}  {found.About}");
        }

        return 0;
    }

    private static int Redraw(string table, string? chart)
    {
        var (machine, curves) = GrowthCase.Read(table);
        Console.WriteLine($"picture: {Results.SavePicture(chart ?? throw new DsdException("--measured needs --chart FILE.html, the page to draw."), machine, curves)}");
        return 0;
    }

    private static List<Case> Chosen(string? filter)
    {
        var chosen = Cases.All.Where(c => filter is null || c.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)).ToList();
        return chosen.Count > 0
            ? chosen
            : throw new DsdException($"no case has '{filter}' in its name; there are {string.Join(", ", Cases.All.Select(c => c.Name))}.");
    }

    private static int Measure(List<Case> cases, bool quick, int? rounds, string? json, string? chart)
    {
        if (chart is not null && !cases.Any(c => c.Name == GrowthCase.Name))
        {
            throw new DsdException($"--chart needs the case '{GrowthCase.Name}', which the filter leaves out.");
        }

        var effort = quick ? Effort.Small : Effort.Full;
        effort = effort with { Rounds = rounds ?? effort.Rounds };
        TorchRuntime.Configure();
        Console.WriteLine($"{Machine.Describe()}\n");
        var results = new Results();
        using (var byHand = new ByHand(effort))
        using (var peer = new Peer(quick))
        {
            var progress = new Progress(cases);
            foreach (var one in cases)
            {
                progress.Begin(one);
                var bench = new Bench(one.Name, effort, byHand, peer, progress.Say);
                results.Add(one, [.. one.Rows(bench)], bench);
            }

            progress.End();
        }

        Console.Write(results.Table());
        Console.WriteLine($"\n{results.Verdict(quick)}");
        if (json is not null)
        {
            AtomicFile.WriteText(json, results.ToJson(Machine.Describe()));
        }

        if (chart is not null)
        {
            Console.WriteLine($"picture: {results.SavePicture(chart, Machine.Describe())}");
        }

        return 0;
    }
}
