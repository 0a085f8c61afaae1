namespace Dsd.Schedules;

/// <summary>The unit of a <see cref="Duration"/>.</summary>
public enum DurationUnit
{
    /// <summary>Passes over the training split; fractions are allowed. Written <c>ep</c>.</summary>
    Epochs,

    /// <summary>Optimiser steps; whole numbers. Written <c>st</c>.</summary>
    Steps,
}
