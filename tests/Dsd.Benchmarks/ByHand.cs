using System.Diagnostics;
using System.Text.Json;
using Dsd.Torch;

namespace Dsd.Benchmarks;

/// <summary>The loop written by hand, in a process of its own that is as TorchSharp comes.</summary>
/// <remarks>This library sets libtorch up for the whole process, so that a loop beside it would gain by that too.</remarks>
internal sealed class ByHand : IDisposable
{
    /// <summary>The word of a command line that asks for such a process.</summary>
    public const string Word = "by-hand";

    private readonly Lazy<Worker> _worker;

    public ByHand(Effort effort) => _worker = new(() => new Worker(Child.Start(effort, Word)));

    /// <summary>A contender that trains one of the networks of <see cref="Cases.Workload"/>.</summary>
    public Contender Trains(string network) => new("by hand in TorchSharp", times => _worker.Value.Seconds(network, times));

    public void Dispose()
    {
        if (_worker.IsValueCreated)
        {
            _worker.Value.Dispose();
        }
    }

    /// <summary>Does works that are asked for on standard input until it ends.</summary>
    public static void Serve(Effort effort)
    {
        // Networks of this library want a configured process; this one is configured to nothing but a libtorch that loads.
        TorchRuntime.Configure(new TorchRuntimeOptions(checkedOneDnn: false, noNnpack: false, wideMkl: false, keptMemory: false, keptScalars: false));
        Console.WriteLine("{}");
        (string Name, Workload Workload, HandWrittenLoop Loop)? made = null;
        while (Console.ReadLine() is { } line)
        {
            using var request = JsonDocument.Parse(line);
            var name = request.RootElement.GetProperty("work").GetString()!;
            if (made?.Name != name)
            {
                made?.Loop.Dispose();
                made?.Workload.Dispose();
                var workload = Cases.Workload(name, effort);
                made = (name, workload, new HandWrittenLoop(workload));
            }

            var clock = Stopwatch.StartNew();
            for (var times = request.RootElement.GetProperty("times").GetInt32(); times > 0; times--)
            {
                made.Value.Loop.Step();
            }

            Console.WriteLine(JsonSerializer.Serialize(new { seconds = clock.Elapsed.TotalSeconds }));
        }
    }
}
