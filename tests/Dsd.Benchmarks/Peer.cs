using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace Dsd.Benchmarks;

/// <summary>PyTorch with torch.nn.utils.prune, in a process of its own whose program is <c>peer.py</c>.</summary>
/// <remarks>Where there is no Python with PyTorch, or one without a fast library for matrices, all that needs it is skipped.</remarks>
internal sealed class Peer : IDisposable
{
    private const string DebianPython = "/usr/bin/python3";
    private readonly bool _quick;
    private readonly string _device;
    private readonly Lazy<Worker?> _worker;

    /// <summary>Starts PyTorch where it is first asked for.</summary>
    /// <param name="quick">Whether its networks are small.</param>
    /// <param name="device">Its device, as PyTorch calls it. Default: the CPU.</param>
    public Peer(bool quick, string device = "cpu")
    {
        (_quick, _device) = (quick, device);
        _worker = new(() => Pythons.Select(Start).FirstOrDefault(w => w is not null));
    }

    /// <summary>The Pythons that may have PyTorch, the likeliest first; only the one that <c>DSD_PYTHON</c> names if it is set.</summary>
    public static IReadOnlyList<string> Pythons => Environment.GetEnvironmentVariable("DSD_PYTHON") is { Length: > 0 } named ? [named]
        : File.Exists(DebianPython) ? [DebianPython, "python3"] : ["python3"];

    /// <summary>Whether there is such a Python.</summary>
    public bool IsThere => _worker.Value is not null;

    /// <summary>Its version, or why there is none.</summary>
    public string Description { get; private set; } = "no python3 that can import torch";

    /// <summary>A contender that does one of the works of <c>peer.py</c>; only where <see cref="IsThere"/>.</summary>
    public Contender Does(string work, double units = 1) => new("torch.nn.utils.prune", times => _worker.Value!.Seconds(work, times), units);

    public void Dispose()
    {
        if (_worker.IsValueCreated)
        {
            _worker.Value?.Dispose();
        }
    }

    private Worker? Start(string python)
    {
        var start = new ProcessStartInfo(python);
        var threads = torch.get_num_threads().ToString(CultureInfo.InvariantCulture);
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "peer.py"));
        start.ArgumentList.Add(threads);
        start.ArgumentList.Add("--device");
        start.ArgumentList.Add(_device);
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
            var worker = new Worker(start);
            var ready = worker.Ready;
            Description = $"PyTorch {ready.GetProperty("version").GetString()}, {(_device == "cpu" ? $"{ready.GetProperty("blas").GetString()}, {Machine.Count(ready.GetProperty("threads").GetInt32(), "thread")}" : _device)}";
            if (ready.GetProperty("fair").GetBoolean())
            {
                return worker;
            }

            worker.Dispose();
            Description += ": no fair peer, install libopenblas0";
            return null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or EndOfStreamException)
        {
            return null;
        }
    }
}
