namespace Dsd.Schedules;

/// <summary>An end of a network.</summary>
internal enum LayerEnd
{
    /// <summary>The end nearest to the input, in the order in which the model lists its layers.</summary>
    First,

    /// <summary>The end nearest to the output, in the order in which the model lists its layers.</summary>
    Last,
}
