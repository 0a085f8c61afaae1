using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Dsd.Torch;

/// <summary>Where an installed PyTorch lies, as Python says without importing it.</summary>
/// <param name="Python">The full path of the Python that was asked.</param>
/// <param name="Folder">The folder of its package torch.</param>
/// <param name="Sites">The folders it searches that have packages of NVIDIA's.</param>
internal sealed record PythonTorch(string Python, string Folder, IReadOnlyList<string> Sites)
{
    // Not from the working folder, where anything may be named torch.
    private const string Script = """
        import importlib.util, os, sys
        sys.path = [p for p in sys.path if p]
        spec = importlib.util.find_spec("torch")
        for p in (spec and spec.submodule_search_locations) or []: print("torch " + p)
        for p in sys.path:
            if os.path.isdir(os.path.join(p, "nvidia")): print("site " + p)
        """;

    private static readonly string[] s_names = ["python3", "python"];
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>Asks <c>python3</c>, then <c>python</c>, of the PATH.</summary>
    /// <param name="path">The folders to search for them, as in PATH. Default null: PATH.</param>
    /// <param name="limit">The time that each has. Default null: 30 seconds.</param>
    /// <exception cref="DsdException">There is no Python, none has PyTorch, or none answers.</exception>
    public static PythonTorch Find(string? path = null, TimeSpan? limit = null)
    {
        var problems = new List<string>();
        path ??= Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (var python in s_names.Select(name => InFolders(path, name)).OfType<string>())
        {
            try
            {
                var (torch, sites) = Ask(python, limit ?? s_limit);
                if (torch is not null)
                {
                    return new(python, torch, sites);
                }

                problems.Add($"{python} has no module torch");
            }
            catch (Exception e) when (e is DsdException or Win32Exception)
            {
                problems.Add(e.Message);
            }
        }

        throw new DsdException(
            $"libtorch '{LibTorchChoice.PyTorch}' cannot be used: {(problems.Count > 0 ? string.Join(", and ", problems) : "there is no python3 or python in PATH")}. "
            + "Activate the environment that has PyTorch 2.10 or 2.11, install it there ('pip install torch'), or name the folder of its libraries, …/site-packages/torch/lib.");
    }

    private static (string? Torch, IReadOnlyList<string> Sites) Ask(string python, TimeSpan limit)
    {
        var start = new ProcessStartInfo(python, ["-c", Script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["PYTHONUTF8"] = "1";
        using var process = Process.Start(start) ?? throw new DsdException($"{python} cannot be started");
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(limit) || !Task.WhenAll(output, error).Wait(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new DsdException(string.Create(CultureInfo.InvariantCulture, $"{python} did not answer within {limit.TotalSeconds:0.##} seconds"));
        }

        if (process.ExitCode != 0)
        {
            var said = error.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "nothing";
            throw new DsdException(string.Create(CultureInfo.InvariantCulture, $"{python} failed with code {process.ExitCode} and said '{said}'"));
        }

        var lines = output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return (After("torch ").FirstOrDefault(), [.. After("site ")]);

        IEnumerable<string> After(string word) => lines.Where(l => l.StartsWith(word, StringComparison.Ordinal)).Select(l => l[word.Length..]);
    }

    /// <summary>Finds a program in the folders of PATH; never in the working folder, which a relative one would mean.</summary>
    private static string? InFolders(string folders, string name) => folders.Split(Path.PathSeparator)
        .Where(Path.IsPathFullyQualified)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(file => File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0));
}
