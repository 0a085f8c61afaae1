namespace Dsd.Checkpoints;

/// <summary>The exception for a checkpoint of a later version of the form, which must not be passed over as a damaged one is.</summary>
internal sealed class CheckpointVersionException(string message) : DsdException(message);
