namespace Dsd.Torch;

/// <summary>The current status of one change that <c>TorchRuntime.Configure</c> makes to the process.</summary>
/// <param name="Status">The status.</param>
/// <param name="Reason">The effect, or the reason why it is not in effect; one line without a full stop.</param>
public sealed record Intervention(InterventionStatus Status, string Reason)
{
    /// <summary>Formats the status and the reason, e.g. <c>"applied: MKL computes with vectors of 512 bits"</c>.</summary>
    public override string ToString() => $"{Word}: {Reason}";

    /// <summary>Creates a change that is in effect.</summary>
    internal static Intervention Applied(string what) => new(InterventionStatus.Applied, what);

    /// <summary>Creates a change that does not apply.</summary>
    internal static Intervention NotApplicable(string why) => new(InterventionStatus.NotApplicable, why);

    private string Word => Status switch
    {
        InterventionStatus.Applied => "applied",
        InterventionStatus.Off => "off",
        _ => "not applicable",
    };
}
