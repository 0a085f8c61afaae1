using System.Globalization;
using Dsd.Schedules;

namespace Dsd.Runs;

/// <summary>The interval between two checkpoints of a run, in steps, epochs or minutes. The end of every phase is a checkpoint besides.</summary>
public sealed record CheckpointInterval
{
    private const string MinutesUnit = "min";
    private const double MaxMinutes = 1e6;
    private readonly Duration? _duration;
    private readonly double _minutes;

    private CheckpointInterval(Duration? duration, double minutes) => (_duration, _minutes) = (duration, minutes);

    /// <summary>Every ten minutes.</summary>
    public static CheckpointInterval Default { get; } = Minutes(10);

    /// <summary>True if the same steps have checkpoints in every run; an interval in minutes depends on the machine.</summary>
    public bool IsRepeatable => _duration is not null;

    /// <summary>The interval of a run that is given none: ten minutes; with rollbacks, which must be repeatable, one epoch.</summary>
    internal static CheckpointInterval DefaultFor(NonFiniteAction onNonFinite) => onNonFinite == NonFiniteAction.Rollback ? Every(Duration.Epochs(1)) : Default;

    /// <summary>Creates an interval in training.</summary>
    /// <param name="duration">Epochs or steps, counted from the start of the run; rounded to whole steps, at least 1.</param>
    public static CheckpointInterval Every(Duration duration)
    {
        ArgumentNullException.ThrowIfNull(duration);
        return new(duration, 0);
    }

    /// <summary>Creates an interval in time.</summary>
    /// <param name="minutes">More than 0 and at most 1,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="minutes"/> is outside that range.</exception>
    public static CheckpointInterval Minutes(double minutes) => minutes is > 0 and <= MaxMinutes
        ? new(null, minutes)
        : throw new ArgumentOutOfRangeException(nameof(minutes), minutes, "An interval in minutes must be more than 0 and at most 1000000.");

    /// <summary>Reads an interval such as <c>"1ep"</c>, <c>"200st"</c> or <c>"10min"</c>.</summary>
    /// <param name="text">A number followed directly by <c>ep</c> (epochs), <c>st</c> (steps) or <c>min</c> (minutes), with a decimal point in any culture.</param>
    /// <exception cref="FormatException">The text has another form, or the amount is out of range.</exception>
    public static CheckpointInterval Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.EndsWith("ep", StringComparison.Ordinal) || text.EndsWith("st", StringComparison.Ordinal))
        {
            return Every(Duration.Parse(text));
        }

        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return text.EndsWith(MinutesUnit, StringComparison.Ordinal) && double.TryParse(text.AsSpan(..^MinutesUnit.Length), Styles, CultureInfo.InvariantCulture, out var minutes) && minutes is > 0 and <= MaxMinutes
            ? Minutes(minutes)
            : throw new FormatException($"'{text}' is no interval between checkpoints: give a number above 0 with its unit, 'ep' for epochs, 'st' for steps or 'min' for minutes (at most 1000000), as in 1ep, 200st or 10min.");
    }

    /// <summary>Formats the interval as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => _duration?.ToString() ?? string.Create(CultureInfo.InvariantCulture, $"{_minutes}{MinutesUnit}");

    /// <summary>True if a checkpoint is due.</summary>
    /// <param name="steps">The finished steps of the run.</param>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split.</param>
    /// <param name="since">The time since the last checkpoint.</param>
    internal bool IsDue(long steps, int stepsPerEpoch, TimeSpan since) =>
        _duration is { } duration ? steps % Math.Max(1, duration.ToSteps(stepsPerEpoch)) == 0 : since.TotalMinutes >= _minutes;
}
