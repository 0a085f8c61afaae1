using System.CommandLine;
using Dsd.Statistics;

namespace Dsd.Cli;

/// <summary>Collects the problems of a command line, so that all are reported at once.</summary>
/// <param name="parsed">The command line; what is wrong with its values by themselves has been told elsewhere.</param>
internal sealed class Problems(ParseResult parsed)
{
    private readonly List<string> _all = [];

    /// <summary>Every problem so far, once.</summary>
    public IEnumerable<string> All => _all.Distinct();

    /// <summary>Whether there is none so far, neither here nor in the values by themselves.</summary>
    public bool IsNone => _all.Count == 0 && IsParsed;

    /// <summary>Whether the command line was understood, so that the command will run.</summary>
    public bool IsParsed => parsed.Errors.Count == 0;

    /// <summary>Runs a check and keeps what it complains of.</summary>
    public void Check(Action check) => Read<object>(() =>
    {
        check();
        return check;
    });

    /// <summary>Reads something, or keeps why that cannot be done and gives null.</summary>
    public T? Read<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (DsdException e)
        {
            // Lines that are indented belong to the one before.
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

    /// <summary>Refuses to go on where there is a problem.</summary>
    public void Throw()
    {
        if (_all.Count > 0)
        {
            throw new BadInputException([.. All]);
        }
    }
}
