using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Dsd.Optimizers;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>The worker processes that a coordinator has started; one that is killed is replaced a few times.</summary>
internal sealed class WorkerCrew : IWorkers
{
    private const int MaxReplacements = 5;
    private const int MaxErrorLines = 20;
    private const string VisibleGpus = "CUDA_VISIBLE_DEVICES";
    private readonly StudyFolder _folder;
    private readonly string? _root;
    private readonly int _gpus;
    private readonly int? _seedsAtOnce;
    private readonly List<string> _said = [];
    private readonly List<Process> _workers = [];
    private readonly Queue<string> _errors = new();
    private int _replacements;

    /// <summary>Starts workers.</summary>
    /// <param name="folder">The study's folder.</param>
    /// <param name="count">The number of workers.</param>
    /// <param name="root">The root folder of data sets, or null.</param>
    /// <param name="gpus">The number of GPUs, over which they are spread if there are several; 0 on the CPU.</param>
    /// <param name="seedsAtOnce">The number of seeds that each trains at once; null for as many as fit on a GPU.</param>
    public WorkerCrew(StudyFolder folder, int count, string? root, int gpus, int? seedsAtOnce = null)
    {
        _seedsAtOnce = seedsAtOnce;
        _folder = folder;
        _root = root;
        _gpus = gpus;
        Count = count;
        for (var i = 0; i < count; i++)
        {
            _workers.Add(Start(i));
        }
    }

    public int Count { get; }

    public bool IsWorking()
    {
        for (var i = 0; i < _workers.Count; i++)
        {
            // A code above 128 means that a signal ended the process, e.g. out of memory or kill.
            if (_workers[i] is { HasExited: true, ExitCode: > 128 and not ExitCode.Interrupted } killed && _replacements < MaxReplacements)
            {
                _replacements++;
                var loss = string.Create(CultureInfo.InvariantCulture, $"a worker was killed (code {killed.ExitCode}); another takes its place");
                Note(loss);
                Hear(loss);
                killed.Dispose();
                _workers[i] = Start(i);
            }
        }

        return _workers.Exists(w => !w.HasExited);
    }

    public DsdException Ended()
    {
        var message = $"All workers ended before the study was complete; finished trials stay in {_folder.Path}. Their output:\n  {string.Join("\n  ", Errors.Distinct().DefaultIfEmpty("nothing"))}";
        return _workers.TrueForAll(w => w is { HasExited: true, ExitCode: ExitCode.BadInput }) ? new DsdException(message) : new FailedException(message);
    }

    /// <summary>The last lines that workers wrote to standard error.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_errors)
            {
                return [.. _errors];
            }
        }
    }

    public string State => "";

    public IReadOnlyList<string> Said
    {
        get
        {
            lock (_said)
            {
                return [.. _said];
            }
        }
    }

    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            try
            {
                worker.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has already ended.
            }
        }

        foreach (var worker in _workers)
        {
            if (!worker.WaitForExit(TimeSpan.FromSeconds(20)))
            {
                worker.Kill(entireProcessTree: true);
            }

            worker.Dispose();
        }
    }

    /// <summary>Gets the program that starts this command, and the leading arguments.</summary>
    public static (string Program, string[] First) Self() =>
        Environment.ProcessPath is { } path && !Path.GetFileNameWithoutExtension(path).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            ? (path, [])
            : (Environment.ProcessPath ?? "dotnet", ["exec", Assembly.GetExecutingAssembly().Location]);

    /// <summary>Gets the arguments of a worker about seeds at once.</summary>
    /// <param name="seedsAtOnce">The number of seeds that each trains at once; null for as many as fit on a GPU.</param>
    /// <param name="workers">The number of workers, among which seeds are shared.</param>
    /// <param name="onGpu">The number of those that share a GPU at most.</param>
    public static string[] SeedArguments(int? seedsAtOnce, int workers, int onGpu) =>
    [
        .. seedsAtOnce is { } seeds ? [string.Create(CultureInfo.InvariantCulture, $"--seeds-at-once={seeds}")] : Array.Empty<string>(),
        .. workers > 1 ? [string.Create(CultureInfo.InvariantCulture, $"--among={workers}")] : Array.Empty<string>(),
        .. onGpu > 1 ? [string.Create(CultureInfo.InvariantCulture, $"--on-gpu={onGpu}")] : Array.Empty<string>(),
    ];

    /// <summary>Gets the number of workers that share a GPU at most; 1 without any.</summary>
    public static int OnGpu(int workers, int gpus) => gpus == 0 ? 1 : (workers + gpus - 1) / gpus;

    /// <summary>Gets the one GPU that a worker sees.</summary>
    /// <param name="place">The worker, from 0.</param>
    /// <param name="gpus">The number of GPUs that this process sees.</param>
    /// <param name="visible">Their names, separated by commas, as the environment limits them; null or empty if it does not.</param>
    public static string GpuOf(int place, int gpus, string? visible) =>
        string.IsNullOrEmpty(visible) ? (place % gpus).ToString(CultureInfo.InvariantCulture) : visible.Split(',', StringSplitOptions.TrimEntries)[place % gpus];

    private Process Start(int place)
    {
        var (program, first) = Self();
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments = [.. first, "study", "work", _folder.Path, "--until-input-ends", .. _root is null ? Array.Empty<string>() : ["--data-root", _root], .. SeedArguments(_seedsAtOnce, Count, OnGpu(Count, _gpus))];
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment["OMP_NUM_THREADS"] = _folder.Study.Threads.ToString(CultureInfo.InvariantCulture);
        if (_gpus > 1)
        {
            // Its GPU is the first that it sees, the one on which steps are recorded.
            start.Environment[VisibleGpus] = GpuOf(place, _gpus, Environment.GetEnvironmentVariable(VisibleGpus));
        }

        var worker = Process.Start(start) ?? throw new DsdException("A worker cannot be started.");
        worker.OutputDataReceived += (_, e) => Hear(e.Data);
        worker.ErrorDataReceived += (_, e) => Note(e.Data);
        worker.BeginOutputReadLine();
        worker.BeginErrorReadLine();
        return worker;
    }

    private void Hear(string? sentence)
    {
        lock (_said)
        {
            if (!string.IsNullOrWhiteSpace(sentence) && !_said.Contains(sentence))
            {
                _said.Add(sentence);
            }
        }
    }

    private void Note(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_errors)
        {
            _errors.Enqueue(line);
            while (_errors.Count > MaxErrorLines)
            {
                _errors.Dequeue();
            }
        }
    }
}
