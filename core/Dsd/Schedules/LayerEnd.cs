namespace Dsd.Schedules;

/// <summary>One end of a network.</summary>
public enum LayerEnd
{
    /// <summary>Nearest to the input, in the order in which the model lists its layers.</summary>
    First,

    /// <summary>Nearest to the output, in the order in which the model lists its layers.</summary>
    Last,
}
