namespace Dsd.Torch;

/// <summary>States of an <see cref="Intervention"/>.</summary>
public enum InterventionStatus
{
    /// <summary>The change is in effect.</summary>
    Applied,

    /// <summary>An option or its environment variable switched it off.</summary>
    Off,

    /// <summary>There is nothing to change on this system, or it can no longer be changed.</summary>
    NotApplicable,
}
