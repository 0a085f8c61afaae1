using System.CommandLine;
using Dsd.Statistics;

namespace Dsd.Cli;

/// <summary>Collects the problems of a command line, so that all are reported at once.</summary>
/// <param name="parsed">The command line; problems of single values are reported elsewhere.</param>
internal sealed class Problems(ParseResult parsed)
{
    private readonly List<string> _all = [];

    /// <summary>The distinct problems so far.</summary>
    public IEnumerable<string> All => _all.Distinct();

    /// <summary>True if there is no problem so far, neither here nor in single values.</summary>
    public bool IsNone => _all.Count == 0 && IsParsed;

    /// <summary>True if the command line was parsed, so that the command will run.</summary>
    public bool IsParsed => parsed.Errors.Count == 0;

    /// <summary>Runs a check and collects the problems that it throws.</summary>
    public void Check(Action check) => Read<object>(() =>
    {
        check();
        return check;
    });

    /// <summary>Reads something, or collects the problem and returns null.</summary>
    public T? Read<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (DsdException e)
        {
            // Indented lines belong to the previous one.
            foreach (var line in e.Message.Split('\n'))
            {
                if (line.StartsWith(' ') && _all.Count > 0)
                {
                    _all[^1] += "\n" + line;
                }
                else
                {
                    _all.Add(line);
                }
            }
        }
        catch (InvalidOperationException) when (!IsParsed)
        {
            // A value that could not be parsed is reported by the parser.
        }

        return null;
    }

    /// <summary>Throws if there is a problem.</summary>
    public void Throw()
    {
        if (_all.Count > 0)
        {
            throw new BadInputException([.. All]);
        }
    }
}
