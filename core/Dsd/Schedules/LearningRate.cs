using System.Globalization;

namespace Dsd.Schedules;

/// <summary>A learning rate as a pure function of the step in its phase and the phase's length.</summary>
/// <remarks>Each phase decays its own rate from its own start (Han et al., 2017). All lengths are fractions of the phase.</remarks>
public sealed record LearningRate
{
    private LearningRate(RateShape shape, double from, double to, double factor, ValueList<double> milestones, double warmUp, double partFrom = 0, double partTo = 1)
    {
        Shape = shape;
        From = from;
        To = to;
        Factor = factor;
        Milestones = milestones;
        WarmUp = warmUp;
        PartFrom = partFrom;
        PartTo = partTo;
    }

    /// <summary>The shape of the curve.</summary>
    internal RateShape Shape { get; }

    /// <summary>The rate after warm-up, above 0.</summary>
    public double From { get; }

    /// <summary>The end value of a linear, cosine or exponential rate, at least 0; equal to <see cref="From"/> for others.</summary>
    public double To { get; }

    /// <summary>The factor of a stepped rate at each milestone, in (0, 1); 1 for others.</summary>
    public double Factor { get; }

    /// <summary>The milestones of a stepped rate: increasing fractions of the phase, in (0, 1); empty for others.</summary>
    public ValueList<double> Milestones { get; }

    /// <summary>The fraction of the phase for linear warm-up to <see cref="From"/>, in [0, 1).</summary>
    public double WarmUp { get; }

    /// <summary>The start of the phase within a longer curve, as a fraction of it; 0 if the phase has a curve of its own.</summary>
    public double PartFrom { get; }

    /// <summary>The end of the phase within a longer curve, as a fraction of it; 1 if the phase has a curve of its own.</summary>
    public double PartTo { get; }

    /// <summary>Creates a constant rate.</summary>
    /// <param name="rate">The rate, above 0 and finite.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rate"/> is outside its range.</exception>
    public static LearningRate Constant(double rate)
    {
        CheckStart(rate, nameof(rate));
        return new(RateShape.Constant, rate, rate, 1, [], 0);
    }

    /// <summary>Creates a rate that is multiplied by a factor at given fractions of the phase.</summary>
    /// <param name="from">The rate at the start, above 0 and finite.</param>
    /// <param name="factor">The factor at each milestone, in (0, 1).</param>
    /// <param name="milestones">The fractions of the phase, in (0, 1), increasing; at least one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    /// <exception cref="ArgumentException">There is no milestone, or they do not increase.</exception>
    public static LearningRate Step(double from, double factor, params ReadOnlySpan<double> milestones)
    {
        CheckStart(from, nameof(from));
        if (!(factor is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "The factor of a stepped rate must be above 0 and below 1.");
        }

        if (milestones.IsEmpty)
        {
            throw new ArgumentException("A stepped rate needs at least one milestone, such as 0.5 for half-way.", nameof(milestones));
        }

        var last = 0.0;
        foreach (var milestone in milestones)
        {
            if (!(milestone > last && milestone < 1))
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"Milestones are fractions of the phase that rise within (0, 1); {milestone:R} follows {last:R}."),
                    nameof(milestones));
            }

            last = milestone;
        }

        return new(RateShape.Step, from, from, factor, ValueList.Create(milestones), 0);
    }

    /// <summary>Creates a rate that changes linearly.</summary>
    /// <param name="from">The rate at the start, above 0 and finite.</param>
    /// <param name="to">The rate that the step after the phase would have, at least 0 and finite. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static LearningRate Linear(double from, double to = 0) => Towards(RateShape.Linear, from, to);

    /// <summary>Creates a rate that follows half a cosine.</summary>
    /// <param name="from">The rate at the start, above 0 and finite.</param>
    /// <param name="to">The rate that the step after the phase would have, at least 0 and finite. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static LearningRate Cosine(double from, double to = 0) => Towards(RateShape.Cosine, from, to);

    /// <summary>Creates a rate that is multiplied by the same factor at every step.</summary>
    /// <param name="from">The rate at the start, above 0 and finite.</param>
    /// <param name="to">The rate that the step after the phase would have, above 0 and finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static LearningRate Exponential(double from, double to)
    {
        CheckStart(from, nameof(from));
        CheckStart(to, nameof(to));
        return Towards(RateShape.Exponential, from, to);
    }

    /// <summary>Adds linear warm-up at the start of the phase.</summary>
    /// <param name="fraction">The fraction of the phase, in [0, 1); the curve covers the rest.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fraction"/> is outside that range.</exception>
    public LearningRate WithWarmUp(double fraction) => fraction is >= 0 and < 1
        ? new(Shape, From, To, Factor, Milestones, fraction, PartFrom, PartTo)
        : throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "A warm-up is a fraction of its phase, at least 0 and below 1.");

    /// <summary>Takes a part of the curve as the rate of a phase, so that several phases follow one curve over all of them.</summary>
    /// <param name="from">The start of the part as a fraction of this curve, at least 0.</param>
    /// <param name="to">The end of the part, above <paramref name="from"/> and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fractions are outside their range.</exception>
    public LearningRate Part(double from, double to)
    {
        if (!(from >= 0 && to > from && to <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(from), string.Create(CultureInfo.InvariantCulture, $"{from:R} to {to:R}"), "A part of a rate starts at 0 or later and ends after its start, at 1 or earlier.");
        }

        var length = PartTo - PartFrom;
        return new(Shape, From, To, Factor, Milestones, WarmUp, PartFrom + (from * length), PartFrom + (to * length));
    }

    /// <summary>Multiplies the rate by a factor.</summary>
    /// <param name="factor">A finite number above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="factor"/> or the product is not such a number.</exception>
    public LearningRate Times(double factor)
    {
        CheckStart(factor, nameof(factor));
        CheckStart(From * factor, nameof(factor));
        if (Shape == RateShape.Exponential)
        {
            CheckStart(To * factor, nameof(factor));
        }

        return new(Shape, From * factor, To * factor, Factor, Milestones, WarmUp, PartFrom, PartTo);
    }

    /// <summary>Computes the rate at a step.</summary>
    /// <param name="step">The step within the phase, from 0.</param>
    /// <param name="phaseSteps">The steps of the phase, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is not in [0, <paramref name="phaseSteps"/>).</exception>
    public double At(long step, long phaseSteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, phaseSteps);
        double progress;
        if (PartFrom != 0 || PartTo != 1)
        {
            var whole = phaseSteps / (PartTo - PartFrom);
            var place = PartFrom + (step / whole);
            if (place < WarmUp)
            {
                return From * Math.Min(1, (place + (1 / whole)) / WarmUp);
            }

            progress = (place - WarmUp) / (1 - WarmUp);
        }
        else
        {
            var warmUpSteps = (long)Math.Round(WarmUp * phaseSteps, MidpointRounding.ToEven);
            if (step < warmUpSteps)
            {
                return From * ((step + 1.0) / warmUpSteps);
            }

            progress = (double)(step - warmUpSteps) / (phaseSteps - warmUpSteps);
        }

        return Shape switch
        {
            RateShape.Step => From * Math.Pow(Factor, Milestones.Count(m => progress >= m)),
            RateShape.Linear => From + ((To - From) * progress),
            RateShape.Cosine => Between(0.5 * (1 + Math.Cos(Math.PI * progress))),
            RateShape.Exponential => Math.Pow(From, 1 - progress) * Math.Pow(To, progress),
            _ => From,
        };

        // Exactly From at the start.
        double Between(double left) => (From * left) + (To * (1 - left));
    }

    /// <summary>Formats the rate, e.g. <c>"cosine 0.05 → 0"</c>, independent of culture.</summary>
    public override string ToString() => WithWarmUpText(Shape switch
    {
        RateShape.Step => string.Create(CultureInfo.InvariantCulture, $"step {From:R} × {Factor:R} at {string.Join(", ", Milestones.Select(m => m.ToString("R", CultureInfo.InvariantCulture)))}"),
        RateShape.Linear => string.Create(CultureInfo.InvariantCulture, $"linear {From:R} → {To:R}"),
        RateShape.Cosine => string.Create(CultureInfo.InvariantCulture, $"cosine {From:R} → {To:R}"),
        RateShape.Exponential => string.Create(CultureInfo.InvariantCulture, $"exponential {From:R} → {To:R}"),
        _ => From.ToString("R", CultureInfo.InvariantCulture),
    });

    /// <summary>Formats the course of the rate over a phase, e.g. <c>"step 0.1 → 0.01 → 0.001 at 30ep, 60ep"</c>, independent of culture.</summary>
    /// <param name="duration">The length of the phase, in whose unit milestones are written, to a hundredth of an epoch or a step.</param>
    internal string Course(Duration duration)
    {
        if (Shape != RateShape.Step || PartFrom != 0 || PartTo != 1)
        {
            return WithWarmUpText(Shape switch
            {
                RateShape.Linear => $"linear {Told(From)} → {Told(To)}",
                RateShape.Cosine => $"cosine {Told(From)} → {Told(To)}",
                RateShape.Exponential => $"exponential {Told(From)} → {Told(To)}",
                RateShape.Step => string.Create(CultureInfo.InvariantCulture, $"step {From:R} × {Factor:R} at {string.Join(", ", Milestones.Select(m => m.ToString("R", CultureInfo.InvariantCulture)))}"),
                _ => Told(From),
            });
        }

        // Fractions of the phase after warm-up, as in At.
        var rates = Enumerable.Range(0, Milestones.Count + 1).Select(i => Told(From * Math.Pow(Factor, i)));
        var (unit, format) = duration.Unit == DurationUnit.Epochs ? ("ep", "0.##") : ("st", "0");
        var places = Milestones.Select(m => (duration.Amount * (WarmUp + (m * (1 - WarmUp)))).ToString(format, CultureInfo.InvariantCulture) + unit);
        return WithWarmUpText($"step {string.Join(" → ", rates)} at {string.Join(", ", places)}");

        // Twelve digits are the precision of a product of rates.
        static string Told(double rate) => rate.ToString("G12", CultureInfo.InvariantCulture);
    }

    private string WithWarmUpText(string text) =>
        text
        + (WarmUp == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", warm-up {WarmUp:R}"))
        + (PartFrom == 0 && PartTo == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({100 * PartFrom:0.##}–{100 * PartTo:0.##} %)"));

    private static LearningRate Towards(RateShape shape, double from, double to)
    {
        CheckStart(from, nameof(from));
        return to >= 0 && double.IsFinite(to)
            ? new(shape, from, to, 1, [], 0)
            : throw new ArgumentOutOfRangeException(nameof(to), to, "A learning rate must move towards a finite number, at least 0.");
    }

    private static void CheckStart(double rate, string name)
    {
        if (!(rate > 0 && double.IsFinite(rate)))
        {
            throw new ArgumentOutOfRangeException(name, rate, "A learning rate must be a finite number above 0.");
        }
    }
}
