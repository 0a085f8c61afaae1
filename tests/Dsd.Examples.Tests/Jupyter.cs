using System.Text.Json.Nodes;

namespace Dsd.Examples.Tests;

/// <summary>Notebooks in the kernel of .NET Interactive, as Jupyter runs them.</summary>
internal static class Jupyter
{
    // As many minutes as the longest notebook takes in full on a busy machine.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(20);

    private static readonly Lazy<string?> s_missing = new(FindMissing);

    private static readonly Lazy<string?> s_withoutButton = new(FindWithoutButton);

    /// <summary>Why no notebook can be run here, or null where one can.</summary>
    public static string? Missing => s_missing.Value;

    /// <summary>Why no stop button can be pressed here, or null where one can.</summary>
    public static string? WithoutButton => s_withoutButton.Value;

    // Jupyter's own, where it is a package of the system.
    private static string Python => File.Exists("/usr/bin/jupyter-nbconvert") ? "/usr/bin/python3" : "python3";

    /// <summary>Runs all cells of a notebook in order.</summary>
    /// <param name="notebook">The notebook's file, as JSON.</param>
    /// <param name="environment">Variables to set.</param>
    /// <returns>The notebook with its outputs.</returns>
    /// <remarks>
    /// It runs in a folder of its own beside <c>core</c> and <c>scripts</c>, as in the repository: what it writes goes with the
    /// folder, and no earlier run stands in for this one.
    /// </remarks>
    public static JsonObject Run(JsonObject notebook, params ReadOnlySpan<(string Name, string Value)> environment) => Run(
        notebook,
        "jupyter",
        ["nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--ExecutePreprocessor.timeout=1200", "notebook.ipynb", "--output", "executed.ipynb"],
        environment);

    /// <summary>Runs all cells of a notebook in order, and presses the stop button once a file is there.</summary>
    /// <param name="notebook">The notebook's file, as JSON.</param>
    /// <param name="file">The file, whose path begins in the notebook's folder.</param>
    /// <returns>The notebook with its outputs.</returns>
    public static JsonObject RunAndStop(JsonObject notebook, string file) => Run(
        notebook, Python, [Path.Combine(Repository.Root, "tests", "Dsd.Examples.Tests", "NotebookStop.py"), "notebook.ipynb", "executed.ipynb", file], []);

    /// <summary>Creates a notebook of cells.</summary>
    /// <param name="language">The kernel's language, <c>fsharp</c> or <c>csharp</c>.</param>
    /// <param name="cells">The code of each cell.</param>
    public static JsonObject Of(string language, params IEnumerable<string> cells) => new()
    {
        ["cells"] = new JsonArray([.. cells.Select(c => new JsonObject
        {
            ["cell_type"] = "code", ["source"] = c, ["outputs"] = new JsonArray(), ["metadata"] = new JsonObject(), ["execution_count"] = null,
        })]),
        ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = $".net-{language}", ["display_name"] = language, ["language"] = language } },
        ["nbformat"] = 4,
        ["nbformat_minor"] = 4,
    };

    private static JsonObject Run(JsonObject notebook, string program, string[] arguments, ReadOnlySpan<(string Name, string Value)> environment)
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
            program,
            arguments,
            [("JUPYTER_PATH", place["jupyter"]), ("JUPYTER_RUNTIME_DIR", place["runtime"]), ("JUPYTER_CONFIG_DIR", place["config"]), ("JUPYTER_NO_CONFIG", "1"), .. environment]);
        Assert.True(exit == 0, error);
        var executed = JsonNode.Parse(File.ReadAllText(place["notebooks", "executed.ipynb"]))!.AsObject();
        var failed = Notebook.CodeOf(executed).FirstOrDefault(c => c["outputs"]!.AsArray().Any(o => (string?)o!["output_type"] == "error"));
        Assert.True(failed is null, $"a cell failed:\n{failed}");
        return executed;
    }

    private static string? FindWithoutButton() => Missing ?? (Succeeds(Python, "-c", "import nbclient") ? null : $"{Python} has no package nbclient, which presses a notebook's stop button.");

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
