using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TorchSharp;

namespace Dsd.Benchmarks;

/// <summary>PyTorch with torch.nn.utils.prune in a process of its own, which works only while it is asked to and keeps its own time.</summary>
/// <remarks>Its program is <c>peer.py</c>. Where there is no Python with PyTorch, everything that needs it is skipped.</remarks>
internal sealed class Peer : IDisposable
{
    private const string DebianPython = "/usr/bin/python3";
    private readonly bool _quick;
    private readonly Lazy<Process?> _process;

    public Peer(bool quick)
    {
        _quick = quick;
        _process = new(Start);
    }

    /// <summary>Whether there is a Python that has PyTorch.</summary>
    public bool IsThere => _process.Value is not null;

    /// <summary>Its version, or why there is none.</summary>
    public string Description { get; private set; } = "no python3 that can import torch";

    /// <summary>A contender that does one of the works of <c>peer.py</c>; only where <see cref="IsThere"/>.</summary>
    public Contender Does(string work, double units = 1) => new("torch.nn.utils.prune", times => Seconds(work, times), units);

    public void Dispose()
    {
        if (_process.IsValueCreated && _process.Value is { } process)
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        }
    }

    private double Seconds(string work, int times)
    {
        var process = _process.Value!;
        process.StandardInput.WriteLine(JsonSerializer.Serialize(new { work, times }));
        process.StandardInput.Flush();
        return Answer(process).GetProperty("seconds").GetDouble();
    }

    private Process? Start()
    {
        var start = new ProcessStartInfo(File.Exists(DebianPython) ? DebianPython : "python3")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var threads = torch.get_num_threads().ToString(CultureInfo.InvariantCulture);
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "peer.py"));
        start.ArgumentList.Add(threads);
        if (_quick)
        {
            start.ArgumentList.Add("--quick");
        }

        // OpenBLAS has threads of its own; with more than one they and PyTorch's keep each other waiting, and all but the
        // largest works take three times as long.
        start.Environment["OMP_NUM_THREADS"] = threads;
        start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        try
        {
            var process = Process.Start(start)!;
            process.BeginErrorReadLine();
            var ready = Answer(process);
            Description = $"PyTorch {ready.GetProperty("version").GetString()}, {ready.GetProperty("blas").GetString()}, {Machine.Count(ready.GetProperty("threads").GetInt32(), "thread")}";
            if (ready.GetProperty("fair").GetBoolean())
            {
                return process;
            }

            Description += ": no fair peer; install libopenblas0";
            process.Kill();
            process.Dispose();
            return null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or EndOfStreamException)
        {
            return null;
        }
    }

    private static JsonElement Answer(Process process)
    {
        var line = process.StandardOutput.ReadLine() ?? throw new EndOfStreamException("The Python peer ended.");
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}
