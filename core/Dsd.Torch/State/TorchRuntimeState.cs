using System.Text.Json.Serialization;

namespace Dsd.Torch;

/// <summary>The status of each change to the process after <c>TorchRuntime.Configure</c>.</summary>
/// <remarks>Plain data, kept in a run's record, since each change can affect a run's digits or its speed.</remarks>
/// <param name="NativeLoading">Loading of libtorch where TorchSharp cannot find or load it.</param>
/// <param name="CheckedOneDnn">oneDNN off except for layers that passed a check.</param>
/// <param name="NoNnpack">NNPACK off.</param>
/// <param name="WideMkl">MKL's 512-bit kernels.</param>
/// <param name="KeptMemory">Freed memory kept by the process.</param>
/// <param name="KeptScalars">TorchSharp's scalars kept until no native call can read them; null in records of earlier versions.</param>
/// <param name="LibTorch">The libtorch that is used: applied if it was named, not applicable if it is TorchSharp's; null in records of earlier versions.</param>
/// <param name="CollectionPause">Garbage collection between training steps only, as earlier versions had it; null since.</param>
public sealed record TorchRuntimeState(
    Intervention NativeLoading,
    Intervention CheckedOneDnn,
    Intervention NoNnpack,
    Intervention WideMkl,
    Intervention KeptMemory,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Intervention? KeptScalars = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Intervention? LibTorch = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Intervention? CollectionPause = null)
{
    /// <summary>The changes by name, in order.</summary>
    public IEnumerable<KeyValuePair<string, Intervention>> Interventions() =>
    [
        new(nameof(NativeLoading), NativeLoading),
        new(nameof(CheckedOneDnn), CheckedOneDnn),
        new(nameof(NoNnpack), NoNnpack),
        new(nameof(WideMkl), WideMkl),
        new(nameof(KeptMemory), KeptMemory),
        .. Recorded(nameof(KeptScalars), KeptScalars),
        .. Recorded(nameof(LibTorch), LibTorch),
        .. Recorded(nameof(CollectionPause), CollectionPause),
    ];

    /// <summary>Formats the changes that are applied, then those that are off, in one line, e.g. <c>"checked oneDNN, wide MKL; off: kept memory"</c>.</summary>
    public override string ToString()
    {
        var applied = Names(InterventionStatus.Applied);
        var off = Names(InterventionStatus.Off);
        return (applied.Length > 0 ? applied : "as TorchSharp has it") + (off.Length > 0 ? $"; off: {off}" : "");
    }

    private static IEnumerable<KeyValuePair<string, Intervention>> Recorded(string name, Intervention? change) => change is null ? [] : [new(name, change)];

    private string Names(InterventionStatus status) =>
        string.Join(", ", Interventions().Where(i => i.Value.Status == status).Select(i => Words(i.Key)));

    private static string Words(string name) => name switch
    {
        nameof(NativeLoading) => "native loading",
        nameof(CheckedOneDnn) => "checked oneDNN",
        nameof(NoNnpack) => "no NNPACK",
        nameof(WideMkl) => "wide MKL",
        nameof(KeptMemory) => "kept memory",
        nameof(KeptScalars) => "kept scalars",
        nameof(LibTorch) => "named libtorch",
        _ => "collection pause",
    };
}
