using System.Globalization;

namespace Dsd.Runs;

/// <summary>The names of devices in run configs and studies: <c>cpu</c>, <c>cuda</c> and <c>cuda:N</c>.</summary>
internal static class DeviceName
{
    /// <summary>The CPU.</summary>
    public const string Cpu = "cpu";

    private const string Numbered = "cuda:";

    /// <summary>True if a text names a device.</summary>
    public static bool IsValid(string value) => value is Cpu or "cuda"
        || (value.StartsWith(Numbered, StringComparison.Ordinal) && byte.TryParse(value[Numbered.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out _));

    /// <summary>Returns the kind of a device, e.g. <c>"cuda"</c> for <c>"cuda:1"</c>: on all of a kind a trial is computed alike.</summary>
    public static string KindOf(string device) => device.Split(':')[0];
}
