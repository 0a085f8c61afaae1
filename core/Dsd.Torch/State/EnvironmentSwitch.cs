namespace Dsd.Torch;

/// <summary>Reads environment variables that switch something on or off.</summary>
internal static class EnvironmentSwitch
{
    public const string NativeLoading = "DSD_NATIVE_LOADING";

    /// <summary>True if a value means on; null if it means neither on nor off.</summary>
    /// <param name="value">The value.</param>
    /// <param name="unset">The meaning of none or an empty one. Default true.</param>
    public static bool? Parse(string? value, bool unset = true) => value?.ToLowerInvariant() switch
    {
        null or "" => unset,
        "1" or "on" or "true" => true,
        "0" or "off" or "false" => false,
        _ => null,
    };
}
