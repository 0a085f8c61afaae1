namespace Dsd.Studies;

/// <summary>Thrown when another process has taken over the block that this one was training, because its claim was not renewed in time.</summary>
internal sealed class ClaimLostException : Exception;
