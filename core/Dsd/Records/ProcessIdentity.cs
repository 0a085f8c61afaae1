using System.Diagnostics;
using System.Globalization;

namespace Dsd.Records;

/// <summary>The identity of a claim's holder: machine, process id and start time, so that a reused process id is not mistaken for it.</summary>
internal static class ProcessIdentity
{
    // Containers of one host share the boot id but not the processes.
    private static readonly string s_machine = string.Join(
        '|', string.Concat(Environment.MachineName.Where(c => !char.IsWhiteSpace(c))), Text("/proc/sys/kernel/random/boot_id"), Link("/proc/self/ns/pid"));

    /// <summary>The identity of this process.</summary>
    public static string Own { get; } = Of(Process.GetCurrentProcess());

    /// <summary>True if an identity is of this machine and its process has ended; false if that cannot be known.</summary>
    public static bool IsDead(string identity)
    {
        if (identity.Split(' ') is not [var machine, var id, var started, ..] || machine != s_machine || !int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        try
        {
            using var process = Process.GetProcessById(number);
            return process.HasExited || Started(process) != started;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Describes an identity for a message, e.g. <c>"process 4711 on this machine"</c>.</summary>
    public static string Describe(string identity) => identity.Split(' ') is [var machine, var id, ..]
        ? $"process {id} on {(machine == s_machine ? "this machine" : $"the machine {machine.Split('|')[0]}")}"
        : "another process";

    /// <summary>True if an identity is of a process of this machine.</summary>
    public static bool IsHere(string identity) => identity.Split(' ')[0] == s_machine;

    private static string Of(Process process) => string.Create(CultureInfo.InvariantCulture, $"{s_machine} {process.Id} {Started(process)}");

    // On Linux in ticks since boot: .NET computes the time of day separately in each process, and clock changes move it.
    private static string Started(Process process)
    {
        var stat = Text(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/stat"));
        return stat.Length > 0 && stat[(stat.LastIndexOf(')') + 1)..].Split('-', StringSplitOptions.RemoveEmptyEntries) is { Length: > 19 } fields
            ? (fields[0] == "Z" ? "ended" : fields[19])
            : process.StartTime.Ticks.ToString(CultureInfo.InvariantCulture);
    }

    private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path).Trim().Replace(' ', '-') : "";

    private static string Link(string path) => OperatingSystem.IsLinux() ? new FileInfo(path).LinkTarget ?? "" : "";
}
