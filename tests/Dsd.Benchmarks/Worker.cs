using System.Diagnostics;
using System.Text.Json;

namespace Dsd.Benchmarks;

/// <summary>A process that does works when it is asked to, and keeps its own time: one request and one answer a line, as JSON.</summary>
internal sealed class Worker : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts the process and waits until it is ready.</summary>
    /// <param name="start">The program.</param>
    /// <exception cref="EndOfStreamException">It ended instead.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public Worker(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _process.BeginErrorReadLine();
        Ready = Answer();
    }

    /// <summary>What the process said when it was ready.</summary>
    public JsonElement Ready { get; }

    /// <summary>Has a work done so many times, and returns how many seconds that took.</summary>
    public double Seconds(string work, int times)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(new { work, times }));
        _process.StandardInput.Flush();
        return Answer().GetProperty("seconds").GetDouble();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private JsonElement Answer()
    {
        var line = _process.StandardOutput.ReadLine() ?? throw new EndOfStreamException($"{_process.StartInfo.FileName} ended.");
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}
