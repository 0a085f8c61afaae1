using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Dsd.Cli.Tests;

/// <summary>What a run of the command left: its exit code and what it wrote.</summary>
public sealed record Outcome(int Code, string Out, string Error)
{
    /// <summary>Fails, with everything that was written, unless the command succeeded.</summary>
    public Outcome Succeeded()
    {
        Assert.True(Code == 0, $"exit code {Code}\n{Out}\n{Error}");
        return this;
    }

    /// <summary>Fails unless the command refused its input: code 2, a message of its own and nothing of the runtime's, no output.</summary>
    public void Refused()
    {
        Assert.True(Code == 2, $"exit code {Code}\n{Error}");
        Assert.Empty(Out);
        Assert.Contains("dsd: ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Error, StringComparison.Ordinal);
    }
}

/// <summary>The command as a process of its own, as a user starts it.</summary>
internal sealed partial class DsdProcess : IDisposable
{
    public const int SigHup = 1;
    public const int SigInt = 2;
    public const int SigTerm = 15;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);
    private readonly Process _process;
    private readonly Task<string> _out;
    private readonly Task<string> _error;

    private DsdProcess(Process process)
    {
        _process = process;
        _out = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The full path of the program that runs .NET applications.</summary>
    public static string DotNet { get; } = FindDotNet();

    /// <summary>The command's assembly, which the build puts beside the tests.</summary>
    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "Dsd.Cli.dll");

    /// <summary>Runs the command to its end.</summary>
    /// <param name="folder">The working folder.</param>
    /// <param name="args">The arguments.</param>
    public static Outcome Run(string folder, params string[] args) => Run(folder, [], args);

    /// <summary>Runs the command to its end in another environment.</summary>
    /// <param name="folder">The working folder.</param>
    /// <param name="environment">Variables to set, or with null to remove.</param>
    /// <param name="args">The arguments.</param>
    public static Outcome Run(string folder, Dictionary<string, string?> environment, string[] args)
    {
        using var process = Start(folder, environment, DotNet, [Assembly, .. args]);
        return process.Wait();
    }

    /// <summary>Starts the command.</summary>
    public static DsdProcess Start(string folder, params string[] args) => Start(folder, [], DotNet, [Assembly, .. args]);

    /// <summary>Starts any program.</summary>
    public static DsdProcess Start(string folder, Dictionary<string, string?> environment, string program, string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment)
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new(process);
    }

    /// <summary>Waits for the end.</summary>
    /// <param name="longest">The time after which it is killed and the test fails. Default null: three minutes.</param>
    public Outcome Wait(TimeSpan? longest = null)
    {
        var limit = longest ?? s_limit;
        if (!_process.WaitForExit(limit))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"The command did not end within {limit}.\n{_out.Result}\n{_error.Result}");
        }

        _process.WaitForExit();
        return new(_process.ExitCode, _out.Result, _error.Result);
    }

    /// <summary>Waits until a file has a text in it.</summary>
    public void WaitFor(string file, string text) => WaitUntil(() => Reads(file).Contains(text, StringComparison.Ordinal), $"{file} has '{text}'");

    /// <summary>Waits until something is so, as long as the command runs and a slow machine may take.</summary>
    public void WaitUntil(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < s_limit, $"within {s_limit} it did not come so far that {what}");

            // What it did last may be what is waited for.
            Assert.True(!_process.HasExited || condition(), $"the command ended before {what}\n{(_process.HasExited ? _error.Result : "")}");
            Thread.Sleep(20);
        }
    }

    /// <summary>True if it ends within a time.</summary>
    public bool EndsWithin(TimeSpan time) => _process.WaitForExit(time);

    public void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static string Reads(string file)
    {
        if (!File.Exists(file))
        {
            return "";
        }

        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string FindDotNet()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var candidates = new[] { Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"), Environment.ProcessPath }
            .Concat(Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)));
        return candidates.First(c => c is not null && Path.GetFileName(c) == name && File.Exists(c))!;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
