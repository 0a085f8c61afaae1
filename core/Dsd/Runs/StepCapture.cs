namespace Dsd.Runs;

/// <summary>The use of CUDA graphs: a training step recorded once on a GPU and repeated as a whole, which spares small networks the time of launching each operation.</summary>
public enum StepCapture
{
    /// <summary>
    /// On a GPU, steps are recorded where nothing in them is known to need the host: of networks built only of TorchSharp's layers or that implement <see cref="Dsd.Execution.IStackable"/>, with a built-in loss or a task that says so. Elsewhere the record says why not.
    /// Forward hooks of your own run only when a step is recorded. One network at a time is trained in a process. <c>DSD_CAPTURE=0</c> turns it off.
    /// </summary>
    Automatic,

    /// <summary>
    /// Steps are recorded, and what a network or loss decides on the host, such as a branch or a random number of its own, is decided once for all of them: record only what is computed by tensors alone. A step that cannot be, such as one with custom code in it, is computed operation by operation, and the record says why.
    /// </summary>
    On,

    /// <summary>Every step is computed operation by operation.</summary>
    Off,
}
