namespace Dsd.DeviceChecks;

/// <summary>A stage cannot run here.</summary>
internal sealed class SkippedException(string reason) : Exception(reason);
