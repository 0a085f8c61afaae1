namespace Dsd.Studies;

/// <summary>Another process has taken over the block that this one was training: it stood still for too long.</summary>
internal sealed class ClaimLostException : Exception;
