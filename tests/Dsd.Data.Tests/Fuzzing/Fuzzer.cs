using System.Diagnostics;
using System.Globalization;

namespace Dsd.Data.Tests.Fuzzing;

/// <summary>Feeds damaged files to parsers, always the same for a number of cases and a seed, and checks what these may do.</summary>
internal static class Fuzzer
{
    /// <summary>How many cases all targets get together: the environment variable <c>DSD_FUZZ_CASES</c>, or a slice of 3,000.</summary>
    public static int Cases { get; } = int.Parse(Environment.GetEnvironmentVariable("DSD_FUZZ_CASES") ?? "3000", CultureInfo.InvariantCulture);

    /// <summary>The seed: the environment variable <c>DSD_FUZZ_SEED</c>, or 1.</summary>
    public static int Seed { get; } = int.Parse(Environment.GetEnvironmentVariable("DSD_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>The longest that a case may take, on a busy machine too.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a target's share of the cases.</summary>
    /// <returns>How many cases there were, how many files were accepted, and each fault once, with the file that shows it.</returns>
    public static (int Cases, int Accepted, IReadOnlyList<(string Fault, byte[] File)> Faults) Run(FuzzTarget target, int cases)
    {
        var samples = target.Samples();
        var faults = new Dictionary<string, (string Fault, byte[] File)>(StringComparer.Ordinal);
        var accepted = 0;
        for (var index = 0; index < cases; index++)
        {
            var random = new Random(HashOf(target.Name, Seed, index));
            var sample = samples[random.Next(samples.Count)];
            var file = target.Own.Length > 0 && random.Next(2) == 0
                ? target.Own[random.Next(target.Own.Length)](sample, random)
                : Mutations.Apply(sample, samples[random.Next(samples.Count)], random);
            var fault = Case(target, file, out var refusal);
            accepted += refusal is null ? 1 : 0;
            if (fault is not null)
            {
                // Messages differ in numbers; kind and place are one fault.
                faults.TryAdd($"{fault.Split(':')[0]} {fault.Split('(')[^1]}", (fault, file));
            }
        }

        return (cases, accepted, [.. faults.Values]);
    }

    /// <summary>Feeds one file to a target, in a folder of its own.</summary>
    /// <param name="target">The target.</param>
    /// <param name="file">The file.</param>
    /// <param name="refusal">Why the file was refused; null if it was accepted.</param>
    /// <returns>What it did that it may not do; null if nothing.</returns>
    public static string? Case(FuzzTarget target, byte[] file, out string? refusal)
    {
        // The file is there before native code sees it: if the process dies of it, it stays, and its folder has the target's name.
        var folder = Path.Combine(Path.GetTempPath(), $"dsd-fuzz-{Environment.ProcessId}-{target.Name}");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, target.FileName);
        File.WriteAllBytes(path, file);
        var resident = target.MostResident is null ? 0 : Memory.Reset();
        var clock = Stopwatch.StartNew();
        var (thrown, allocated) = Watched(target, path);
        var problem = thrown switch
        {
            null or DsdException => null,
            _ when target.Allowed.Any(t => t.IsInstanceOfType(thrown)) => null,
            _ => $"{thrown.GetType().Name}: {Line(thrown.Message)} ({PlaceOf(thrown)})",
        };
        if (thrown is DsdException told && (string.IsNullOrWhiteSpace(told.Message) || told.Message.Contains("   at ", StringComparison.Ordinal)))
        {
            problem ??= $"a message that says nothing, or a stack: {Line(told.Message)}";
        }

        if (allocated > target.MostManaged + (FuzzTarget.BytesPerByte * file.Length))
        {
            problem ??= "it allocates more than its bound";
        }

        if (target.MostResident is { } most && Memory.Peak() - resident > most)
        {
            problem ??= "the process grows by more than its bound";
        }

        if (clock.Elapsed > s_limit)
        {
            problem ??= "it takes too long";
        }

        if (Directory.EnumerateFileSystemEntries(Path.GetTempPath(), "dsd-fuzz-escaped*").Any())
        {
            problem ??= "it writes outside its folder";
        }

        Directory.Delete(folder, recursive: true);
        refusal = thrown?.Message;
        return problem;
    }

    /// <summary>A number that is the same in each process.</summary>
    public static int HashOf(string name, int seed, int index)
    {
        var random = CounterRandom.For(seed, name);
        return (int)(random.Uniform(index) * int.MaxValue);
    }

    /// <summary>Reads the file on a thread that is given up when it takes too long.</summary>
    private static (Exception? Thrown, long Allocated) Watched(FuzzTarget target, string path)
    {
        Exception? thrown = null;
        var allocated = 0L;
        var thread = new Thread(
            () =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    target.Parse(path);
                }
                catch (Exception e)
                {
                    thrown = e;
                }

                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            })
        { IsBackground = true };
        thread.Start();
        return thread.Join(s_limit) ? (thrown, allocated) : (new TimeoutException($"no end within {s_limit.TotalSeconds:0} s"), 0);
    }

    private static string Line(string message) => message.Split('\n')[0] is { Length: > 200 } line ? line[..200] : message.Split('\n')[0];

    /// <summary>The first frame of our own code, so that one fault counts once.</summary>
    private static string PlaceOf(Exception e) => (e.StackTrace ?? "").Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.StartsWith("at Dsd.", StringComparison.Ordinal) && !l.Contains(".Fuzzing.", StringComparison.Ordinal))?.Split(" in ")[0] ?? "no place";

    /// <summary>The memory of this process as Linux counts it; elsewhere nothing is measured.</summary>
    private static class Memory
    {
        private const string ClearPeak = "/proc/self/clear_refs";

        public static long Reset()
        {
            if (!File.Exists(ClearPeak))
            {
                return 0;
            }

            File.WriteAllText(ClearPeak, "5");
            return Of("VmRSS:");
        }

        public static long Peak() => File.Exists(ClearPeak) ? Of("VmHWM:") : 0;

        private static long Of(string field) => 1024 * long.Parse(
            File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, StringComparison.Ordinal))[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
