namespace Dsd.Torch;

/// <summary>One change to the process that <c>TorchRuntime.Configure</c> makes, as it stands.</summary>
/// <param name="Status">Whether it is in effect.</param>
/// <param name="Reason">What it does here, or why it is not in effect; one line without a full stop.</param>
public sealed record Intervention(InterventionStatus Status, string Reason)
{
    /// <summary>The status and the reason, e.g. <c>"applied: MKL computes with vectors of 512 bits"</c>.</summary>
    public override string ToString() => $"{Word}: {Reason}";

    /// <summary>A change that is in effect.</summary>
    internal static Intervention Applied(string what) => new(InterventionStatus.Applied, what);

    /// <summary>A change that does not apply.</summary>
    internal static Intervention NotApplicable(string why) => new(InterventionStatus.NotApplicable, why);

    private string Word => Status switch
    {
        InterventionStatus.Applied => "applied",
        InterventionStatus.Off => "off",
        _ => "not applicable",
    };
}
