using System.Text.Json.Serialization;

namespace Dsd.Records;

public abstract partial record TrainingEvent
{
    /// <summary>The event at the point where a stopped run continues from a checkpoint. The log up to there is the checkpoint's, so nothing occurs twice.</summary>
    /// <param name="Step">The finished steps of the run.</param>
    /// <param name="Device">The device, e.g. <c>"cpu"</c>.</param>
    /// <param name="Threads">The number of CPU threads of libtorch.</param>
    /// <param name="Platform">Operating system, processor, runtime and TorchSharp, as text.</param>
    /// <param name="Version">The version of this library.</param>
    /// <param name="Time">The time.</param>
    /// <param name="Notes">Checkpoints that were passed over because they are damaged, and differences from the start of the run that can change the last digits. Default null: none.</param>
    /// <param name="Accelerator">The GPU's name, its driver, the versions of CUDA and cuDNN, and where TF32 is used, as text; null on the CPU and in older records. Default null.</param>
    public sealed record RunResumed(
        long Step,
        string Device,
        int Threads,
        string Platform,
        string Version,
        DateTimeOffset Time,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueList<string>? Notes = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Accelerator = null) : TrainingEvent;
}
