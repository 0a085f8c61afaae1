using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Dsd.Torch;

namespace Dsd.Benchmarks;

/// <summary>Measures what only another process can show: this program starts itself and is told the numbers.</summary>
internal static class Child
{
    /// <summary>The first word of a command line that asks for one measurement.</summary>
    public const string Word = "measure-alone";

    /// <summary>Starts a process for one measurement and returns its numbers by name.</summary>
    /// <param name="effort">How much is measured.</param>
    /// <param name="words">What to measure, and of what.</param>
    /// <exception cref="DsdException">The process failed.</exception>
    public static Dictionary<string, double> Measure(Effort effort, params string[] words)
    {
        var start = Start(effort, words);
        start.RedirectStandardOutput = true;

        // Compiled step by step, as programs are by default; this one is not, to time what goes on for longer.
        start.Environment["DOTNET_TieredCompilation"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Dictionary<string, double>>(output)!
            : throw new DsdException($"The process that was to measure '{string.Join(' ', words)}' ended with code {process.ExitCode}.");
    }

    /// <summary>How this program is started with words for <see cref="Answer"/>.</summary>
    public static ProcessStartInfo Start(Effort effort, params string[] words)
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program);
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        foreach (var word in (string[])[Word, effort.Pick("full", "quick"), .. words])
        {
            start.ArgumentList.Add(word);
        }

        return start;
    }

    /// <summary>Does what a process was started for.</summary>
    public static int Answer(string[] words)
    {
        var effort = words[0] == "quick" ? Effort.Small : Effort.Full;
        if (words[1] == ByHand.Word)
        {
            ByHand.Serve(effort);
            return 0;
        }

        TorchRuntime.Configure();
        var numbers = words[1] switch
        {
            "peak" => MemoryCase.Peak(effort, words[2], sparse: words[3] == "sparse"),
            "flat" => MemoryCase.Flat(effort),
            "first-step" => FirstStepCase.Measure(effort, ours: words[2] == "ours"),
            FullSizeCase.Word => FullSizeCase.Measure(effort, words[2]),
            _ => throw new ArgumentException($"There is no measurement '{words[1]}'."),
        };
        Console.WriteLine(JsonSerializer.Serialize(numbers));
        return 0;
    }
}
