using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dsd.Benchmarks;

namespace Dsd.DeviceChecks;

/// <summary>PyTorch's optimisers on the same problem: <c>optimizers.py</c> reads it from files, and writes the weights.</summary>
internal static class OptimizerPeer
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Trains with PyTorch.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="device">The device.</param>
    /// <param name="note">The version of PyTorch, or why there is none.</param>
    /// <returns>The weights for each rule; null where there is no PyTorch.</returns>
    public static List<float[]>? Run(OptimizerProblem problem, string device, out string note)
    {
        var folder = Directory.CreateTempSubdirectory("dsd-optimizers-");
        try
        {
            Write(Path.Combine(folder.FullName, "first.bin"), problem.First);
            Write(Path.Combine(folder.FullName, "gradients.bin"), [.. Enumerable.Range(0, problem.Steps).SelectMany(OptimizerProblem.Gradients)]);
            Write(Path.Combine(folder.FullName, "kept.bin"), [.. problem.Kept.Select(k => k ? 1f : 0f)]);
            File.WriteAllText(Path.Combine(folder.FullName, "problem.json"), JsonSerializer.Serialize(new { shapes = OptimizerProblem.Shapes, steps = problem.Steps, rules = OptimizerProblem.Rules, device }));
            foreach (var python in Peer.Pythons)
            {
                if (Answer(python, folder.FullName) is { } version)
                {
                    note = version;
                    return [.. OptimizerProblem.Rules.Select(rule => Read(Path.Combine(folder.FullName, $"{rule}.bin")))];
                }
            }

            note = "no python3 that can import torch";
            return null;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Runs the program; returns what it says of itself, or null where it cannot run.</summary>
    /// <exception cref="DsdException">PyTorch is there, and failed.</exception>
    private static string? Answer(string python, string folder)
    {
        const int noTorch = 3;
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "optimizers.py"), folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            if (!process.WaitForExit(s_patience))
            {
                process.Kill();
                throw new DsdException(string.Create(CultureInfo.InvariantCulture, $"optimizers.py did not end within {s_patience.TotalSeconds} seconds."));
            }

            return process.ExitCode switch
            {
                0 => output.Result.Trim(),
                noTorch => null,
                _ => throw new DsdException($"optimizers.py ended with code {process.ExitCode}: {error.Result.Trim()}"),
            };
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static void Write(string path, float[] values) => File.WriteAllBytes(path, MemoryMarshal.AsBytes(values.AsSpan()));

    private static float[] Read(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
}
