using System.Globalization;

namespace Dsd.Cli;

/// <summary>How a task of a job ended.</summary>
/// <param name="State">Slurm's word, such as FAILED or NODE_FAIL.</param>
/// <param name="Code">The worker's exit code.</param>
/// <param name="Signal">The signal that ended it; 0 if none did.</param>
internal sealed record SlurmEnd(string State, int Code, int Signal)
{
    private static readonly string[] s_lost = ["NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "TIMEOUT", "OUT_OF_MEMORY"];

    /// <summary>True if the worker neither ended by itself nor was cancelled, so that another can take its place.</summary>
    public bool IsLost => State != "CANCELLED" && (s_lost.Contains(State) || Signal != 0 || Code > 128);

    /// <summary>Reads it from the line of <c>scontrol show job --oneliner</c>; null if that does not tell.</summary>
    public static SlurmEnd? Parse(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(f => f.Split('=', 2)).Where(f => f.Length == 2).GroupBy(f => f[0]).ToDictionary(g => g.Key, g => g.First()[1]);
        return fields.TryGetValue("JobState", out var state) && fields.TryGetValue("ExitCode", out var exit) && exit.Split(':') is [var code, var signal]
            && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && int.TryParse(signal, NumberStyles.None, CultureInfo.InvariantCulture, out var by)
            ? new(state, number, by)
            : null;
    }

    public override string ToString() => Signal != 0 ? FormattableString.Invariant($"{State}, signal {Signal}") : Code != 0 ? FormattableString.Invariant($"{State}, exit code {Code}") : State;
}
