using System.Globalization;

namespace Dsd.Schedules;

/// <summary>A positive amount of training with its unit: epochs or steps.</summary>
public sealed record Duration
{
    private const double MaxEpochs = 1e6;
    private const double MaxSteps = 1e12;

    private Duration(double amount, DurationUnit unit)
    {
        Amount = amount;
        Unit = unit;
    }

    /// <summary>The amount, in <see cref="Unit"/>.</summary>
    public double Amount { get; }

    /// <summary>The unit of <see cref="Amount"/>.</summary>
    public DurationUnit Unit { get; }

    /// <summary>Creates a duration in epochs: passes over the training split.</summary>
    /// <param name="epochs">More than 0 and at most 1,000,000; fractions such as 1.25 are allowed.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epochs"/> is outside that range or not a number.</exception>
    public static Duration Epochs(double epochs) => epochs is > 0 and <= MaxEpochs
        ? new(epochs, DurationUnit.Epochs)
        : throw new ArgumentOutOfRangeException(nameof(epochs), epochs, "A duration in epochs must be more than 0 and at most 1000000.");

    /// <summary>Creates a duration in optimiser steps.</summary>
    /// <param name="steps">From 1 to 10¹².</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> is outside that range.</exception>
    public static Duration Steps(long steps) => steps is >= 1 and <= (long)MaxSteps
        ? new(steps, DurationUnit.Steps)
        : throw new ArgumentOutOfRangeException(nameof(steps), steps, "A duration in steps must be from 1 to 1000000000000.");

    /// <summary>Reads a duration such as <c>"12ep"</c>, <c>"1.25ep"</c> or <c>"500st"</c>.</summary>
    /// <param name="text">A number followed directly by <c>ep</c> (epochs) or <c>st</c> (steps), with a decimal point in any culture.</param>
    /// <exception cref="FormatException">The text has another form, or the amount is out of range.</exception>
    public static Duration Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var unit = text.EndsWith("ep", StringComparison.Ordinal) ? DurationUnit.Epochs
            : text.EndsWith("st", StringComparison.Ordinal) ? DurationUnit.Steps
            : throw new FormatException($"'{text}' is not a duration: end it in 'ep' for epochs or 'st' for steps, as in 12ep or 500st.");
        var styles = unit == DurationUnit.Epochs
            ? NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent
            : NumberStyles.AllowLeadingSign;
        if (!double.TryParse(text.AsSpan(..^2), styles, CultureInfo.InvariantCulture, out var amount))
        {
            throw new FormatException($"'{text}' is not a duration: {(unit == DurationUnit.Epochs ? "a number" : "a whole number")} must come before '{text[^2..]}', as in 12ep or 500st.");
        }

        var max = unit == DurationUnit.Epochs ? MaxEpochs : MaxSteps;
        return amount > 0 && amount <= max
            ? new(amount, unit)
            : throw new FormatException($"'{text}' is not a usable duration: it must be more than 0 and at most {max.ToString("0", CultureInfo.InvariantCulture)}{text[^2..]}.");
    }

    /// <summary>Converts to optimiser steps: epochs × steps per epoch, halves rounded to even.</summary>
    /// <remarks>A phase of a plan that is not a whole number of steps may have one step more or fewer, since plans round the ends of phases: together they have the steps of their whole length.</remarks>
    /// <param name="stepsPerEpoch">Optimiser steps in one pass over the training split, at least 1.</param>
    /// <returns>The steps; 0 if the epochs are less than half a step.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stepsPerEpoch"/> is below 1.</exception>
    public long ToSteps(int stepsPerEpoch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsPerEpoch, 1);
        return Unit == DurationUnit.Steps
            ? (long)Amount
            : (long)Math.Round((decimal)Amount * stepsPerEpoch, MidpointRounding.ToEven);
    }

    /// <summary>Adds two durations of the same unit.</summary>
    /// <exception cref="InvalidOperationException">One counts epochs and the other steps.</exception>
    public static Duration operator +(Duration left, Duration right) => Add(left, right);

    /// <summary>Adds two durations of the same unit.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second, of the same unit.</param>
    /// <exception cref="InvalidOperationException">One counts epochs and the other steps.</exception>
    public static Duration Add(Duration left, Duration right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (left.Unit != right.Unit)
        {
            throw new InvalidOperationException($"Cannot add {left} and {right}: one counts epochs, the other steps. Write both in the same unit.");
        }

        return left.Unit == DurationUnit.Epochs ? Epochs(left.Amount + right.Amount) : Steps((long)(left.Amount + right.Amount));
    }

    /// <summary>Multiplies the duration; whole steps are rounded to the nearest, halves to even, and are at least 1.</summary>
    /// <param name="factor">A finite number above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="factor"/> or the product is outside its range.</exception>
    public Duration Times(double factor) => factor > 0 && double.IsFinite(factor)
        ? Unit == DurationUnit.Epochs ? Epochs(Amount * factor) : Math.Max(1, Math.Round(Amount * factor, MidpointRounding.ToEven)) is <= MaxSteps and var steps ? Steps((long)steps) : throw new ArgumentOutOfRangeException(nameof(factor), factor, "The product is more than 10¹² steps.")
        : throw new ArgumentOutOfRangeException(nameof(factor), factor, "A duration is multiplied by a finite number above 0.");

    /// <summary>Formats the duration as <see cref="Parse"/> reads it, e.g. <c>"12ep"</c>, independent of culture.</summary>
    public override string ToString() =>
        Amount.ToString("R", CultureInfo.InvariantCulture) + (Unit == DurationUnit.Epochs ? "ep" : "st");
}
