namespace Dsd.Torch;

/// <summary>The changes to the process that are in effect, as <c>TorchRuntime.Configure</c> found and made them.</summary>
/// <remarks>Plain data: a run's record holds it, since each of them can change a run's digits or its speed.</remarks>
/// <param name="NativeLoading">Loading libtorch where TorchSharp would not find or load it.</param>
/// <param name="CheckedOneDnn">oneDNN off but for layers that passed a check.</param>
/// <param name="NoNnpack">NNPACK off.</param>
/// <param name="WideMkl">MKL's kernels for vectors of 512 bits.</param>
/// <param name="KeptMemory">Freed memory kept by the process.</param>
/// <param name="CollectionPause">Garbage collected between training steps only.</param>
public sealed record TorchRuntimeState(
    Intervention NativeLoading,
    Intervention CheckedOneDnn,
    Intervention NoNnpack,
    Intervention WideMkl,
    Intervention KeptMemory,
    Intervention CollectionPause)
{
    /// <summary>All six by name, in order.</summary>
    public IEnumerable<KeyValuePair<string, Intervention>> Interventions() =>
    [
        new(nameof(NativeLoading), NativeLoading),
        new(nameof(CheckedOneDnn), CheckedOneDnn),
        new(nameof(NoNnpack), NoNnpack),
        new(nameof(WideMkl), WideMkl),
        new(nameof(KeptMemory), KeptMemory),
        new(nameof(CollectionPause), CollectionPause),
    ];

    /// <summary>One line: what is applied, then what is off, e.g. <c>"checked oneDNN, wide MKL; off: collection pause"</c>.</summary>
    public override string ToString()
    {
        var applied = Names(InterventionStatus.Applied);
        var off = Names(InterventionStatus.Off);
        return (applied.Length > 0 ? applied : "as TorchSharp has it") + (off.Length > 0 ? $"; off: {off}" : "");
    }

    private string Names(InterventionStatus status) =>
        string.Join(", ", Interventions().Where(i => i.Value.Status == status).Select(i => Words(i.Key)));

    private static string Words(string name) => name switch
    {
        nameof(NativeLoading) => "native loading",
        nameof(CheckedOneDnn) => "checked oneDNN",
        nameof(NoNnpack) => "no NNPACK",
        nameof(WideMkl) => "wide MKL",
        nameof(KeptMemory) => "kept memory",
        _ => "collection pause",
    };
}
