namespace Dsd.Torch;

/// <summary>Reads environment variables that switch something on or off.</summary>
internal static class EnvironmentSwitch
{
    public const string NativeLoading = "DSD_NATIVE_LOADING";

    /// <summary>True if a value means on, as unset or empty does; null if it means neither on nor off.</summary>
    public static bool? Parse(string? value) => value?.ToLowerInvariant() switch
    {
        null or "" or "1" or "on" or "true" => true,
        "0" or "off" or "false" => false,
        _ => null,
    };
}
