using System.Text.Json.Nodes;

namespace Dsd.Examples.Tests;

/// <summary>Notebooks in the kernel of .NET Interactive, as Jupyter runs them.</summary>
internal static class Jupyter
{
    // As many minutes as the longest notebook takes in full on a busy machine.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(20);

    private static readonly Lazy<string?> s_missing = new(FindMissing);

    /// <summary>Why no notebook can be run here, or null where one can.</summary>
    public static string? Missing => s_missing.Value;

    /// <summary>Runs all cells of a notebook in order.</summary>
    /// <param name="notebook">The notebook's file, as JSON.</param>
    /// <param name="environment">Variables to set.</param>
    /// <returns>The notebook with its outputs.</returns>
    /// <remarks>
    /// It runs in a folder of its own beside <c>core</c> and <c>scripts</c>, as in the repository: what it writes goes with the
    /// folder, and no earlier run stands in for this one.
    /// </remarks>
    public static JsonObject Run(JsonObject notebook, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        using var place = new TempFolder();
        var folder = Directory.CreateDirectory(place["notebooks"]).FullName;
        foreach (var beside in (ReadOnlySpan<string>)["core", "scripts"])
        {
            Directory.CreateSymbolicLink(place[beside], Path.Combine(Repository.Root, beside));
        }

        File.Copy(Path.Combine(Repository.Root, "global.json"), place["global.json"]);
        File.Copy(Path.Combine(Repository.Root, "notebooks", "dotnet-tools.json"), place["notebooks", "dotnet-tools.json"]);
        File.WriteAllText(place["notebooks", "notebook.ipynb"], notebook.ToJsonString());

        var kernels = Directory.CreateDirectory(place["jupyter", "kernels"]).FullName;
        var installed = ChildProcess.Run(folder, s_limit, "dotnet", ["interactive", "jupyter", "install", "--path", kernels]);
        Assert.True(File.Exists(Path.Combine(kernels, ".net-fsharp", "kernel.json")), installed.Output + installed.Error);

        var (exit, _, error) = ChildProcess.Run(
            folder,
            s_limit,
            "jupyter",
            ["nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--ExecutePreprocessor.timeout=1200", "notebook.ipynb", "--output", "executed.ipynb"],
            [("JUPYTER_PATH", place["jupyter"]), ("JUPYTER_RUNTIME_DIR", place["runtime"]), ("JUPYTER_CONFIG_DIR", place["config"]), ("JUPYTER_NO_CONFIG", "1"), .. environment]);
        Assert.True(exit == 0, error);
        var executed = JsonNode.Parse(File.ReadAllText(place["notebooks", "executed.ipynb"]))!.AsObject();
        var failed = Notebook.CodeOf(executed).FirstOrDefault(c => c["outputs"]!.AsArray().Any(o => (string?)o!["output_type"] == "error"));
        Assert.True(failed is null, $"a cell failed:\n{failed}");
        return executed;
    }

    private static string? FindMissing()
    {
        if (!Succeeds("jupyter", "nbconvert", "--version"))
        {
            return "There is no `jupyter nbconvert` on PATH (Debian: apt-get install jupyter-nbconvert), which notebooks are run with.";
        }

        return Succeeds("dotnet", "interactive", "--version")
            ? null
            : "The kernel is not there: run `dotnet tool restore` in the folder notebooks.";
    }

    private static bool Succeeds(string program, params IEnumerable<string> arguments)
    {
        try
        {
            return ChildProcess.Run(Path.Combine(Repository.Root, "notebooks"), TimeSpan.FromMinutes(1), program, arguments).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
