namespace Dsd.Runs;

/// <summary>The use of CUDA graphs: a training step recorded once on a GPU and repeated as a whole, which spares small networks the time of launching each operation.</summary>
public enum StepCapture
{
    /// <summary>
    /// On a GPU, steps are recorded where nothing in them can need the host: networks of TorchSharp's own layers and those that are a walk over layers, with a loss of tensors alone. Where that is not known the record says so.
    /// </summary>
    Automatic,

    /// <summary>
    /// Steps are recorded, and what a network or loss decides on the host, such as a branch or a random number of its own, is decided once for all of them: record only what is computed by tensors alone. A step that cannot be, such as one with custom code in it, is computed operation by operation, and the record says why.
    /// </summary>
    On,

    /// <summary>Every step is computed operation by operation.</summary>
    Off,
}
