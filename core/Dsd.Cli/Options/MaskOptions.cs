using System.CommandLine;
using Dsd.Masks;
using Dsd.Runs;
using Dsd.Training;

namespace Dsd.Cli;

/// <summary>The option for masks that exist already, which a schedule refers to by name.</summary>
internal sealed class MaskOptions
{
    private const string Name = "--masks";

    private readonly Option<string[]> _masks = new(Name)
    {
        Description = "Masks that the schedule has under a name ({\"given\": {\"named\": NAME}}), from a weight file with masks, such as ticket=runs/a/dsd/2-sparse.safetensors. Repeatable.",
        HelpName = "NAME=FILE",
    };

    public void AddTo(Command command) => command.Options.Add(_masks);

    /// <summary>Applies the option to a run: a name that the run has already is given another file.</summary>
    public RunConfig Change(ParseResult parsed, RunConfig run)
    {
        var given = Given(parsed);
        return given.Count == 0 ? run : run.WithMasks(run.Masks.Where(m => given.All(g => g.Key != m.Key)).Concat(given));
    }

    /// <summary>Reads the masks of a run, which loads the native library.</summary>
    public MaskMethods Read(ParseResult parsed, RunConfig run)
    {
        if (run.Masks.Count == 0)
        {
            return MaskMethods.None;
        }

        TorchInstall.Load();
        var given = Given(parsed);
        var methods = MaskFiles.Read(run, source: name => given.Any(g => g.Key == name) ? $"{Name} {name}=" : $"the run's masks.{name}: ");

        // Masks that a phase lacks are the plan's to report, with the names that are given.
        var used = run.Arms.Select(a => a.Schedule).Append(run.Schedule).SelectMany(s => s.Phases).SelectMany(p => p.Mask.GivenMasks).SelectMany(m => m.Names).Distinct().ToList();
        return given.FirstOrDefault(g => !used.Contains(g.Key)) is { Key: { } unused } && used.All(name => run.Masks.Any(m => m.Key == name))
            ? throw new DsdException($"{Name} {unused}=: no phase of the run has masks named '{unused}'. {(used.Count > 0 ? NearestNames.Sentence(unused, used) : "A schedule has them as its criterion or 'within', such as {\"given\": {\"named\": \"ticket\"}}.")}")
            : methods;
    }

    private List<KeyValuePair<string, string>> Given(ParseResult parsed)
    {
        var given = new List<KeyValuePair<string, string>>();
        foreach (var text in parsed.GetValue(_masks) ?? [])
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == text.Length - 1)
            {
                throw new DsdException($"{Name} {text}: write the name that the schedule has, '=' and a file, such as ticket=runs/a/dsd/2-sparse.safetensors.");
            }

            if (given.Any(g => g.Key == text[..at]))
            {
                throw new DsdException($"{Name} {text}: there are masks '{text[..at]}' already; give each name once.");
            }

            given.Add(KeyValuePair.Create(text[..at], UserPath.Expand(text[(at + 1)..])));
        }

        return given;
    }
}
