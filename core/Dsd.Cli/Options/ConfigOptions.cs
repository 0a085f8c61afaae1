using System.CommandLine;
using Dsd.Records;
using Dsd.Runs;

namespace Dsd.Cli;

/// <summary>The options that read a whole run and change single values of it.</summary>
internal sealed class ConfigOptions
{
    public const string Name = "--config";
    public const string SetName = "--set";

    private readonly Option<string?> _config = OptionOf.Path(Name, "Repeat the run of a run.json, which every run writes to its folder; other options override it.", "FILE.json");
    private readonly Option<string[]> _set = new(SetName) { Description = "Change one value of the run, after all other options: seed=2, optimizer.beta2=0.99, sparse.sparsity=0.4 (a phase by its name), phases.1.rate=0.01 (by its index, from 0), rigl.sparse.sparsity=0.4 (of one of several methods). Repeatable.", HelpName = "PATH=VALUE" };

    public void AddTo(Command command)
    {
        command.Options.Add(_config);
        command.Options.Add(_set);
    }

    /// <summary>Gets the file or folder of the config, or null if there is none.</summary>
    public string? Path(ParseResult parsed) => parsed.GetValue(_config);

    /// <summary>True if the value of a field is changed.</summary>
    public bool Sets(ParseResult parsed, string field) => (parsed.GetValue(_set) ?? []).Any(s => s.StartsWith(field + "=", StringComparison.Ordinal));

    /// <summary>Reads the config from a file or from the folder of a run.</summary>
    public static RunConfig Read(string path)
    {
        var name = $"{Name} {path}";
        if (Directory.Exists(path))
        {
            return RunFolder.ConfigOf(path) ?? throw new DsdException($"{name}: this folder has no run.json; {(RunFolder.CommandOf(path) is null ? "give a run's folder, or the file." : "runs of earlier versions have none. Its command.txt says how to run it again.")}");
        }

        if (!File.Exists(path))
        {
            throw new DsdException($"{name}: there is no such file; give the run.json of a run.");
        }

        try
        {
            return RunConfig.FromJson(InputText.Read(name, path, "config", 16));
        }
        catch (JsonFormatException e)
        {
            throw new DsdException($"{name}: {e.Message}.", e);
        }
    }

    /// <summary>Applies the changed values to a run.</summary>
    public RunConfig Set(ParseResult parsed, RunConfig run)
    {
        var assignments = parsed.GetValue(_set) ?? [];
        try
        {
            return assignments.Length == 0 ? run : run.Set(assignments);
        }
        catch (DsdException e)
        {
            throw new DsdException(string.Join('\n', e.Message.Split('\n').Select(line => $"{SetName} {line}")), e);
        }
    }
}
