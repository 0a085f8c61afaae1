using System.Globalization;

namespace Dsd.Studies;

/// <summary>The conditions under which a study can answer its question; groups that miss one are reported as not testable, and no verdict is given on them.</summary>
/// <remarks>
/// A difference counts as none if it is below the smallest detectable one, which so many pairs detect with 80 % power: that of the group's main comparison, or that of the gate's own if this is larger.
/// </remarks>
public sealed record StudyGates
{
    /// <summary>The factor on the length of the first phase for <see cref="Converged"/>: 1.25.</summary>
    public const double Longer = 1.25;

    /// <summary>Describes the conditions.</summary>
    /// <param name="converged">
    /// True if the first phase must have converged: with a quarter more of its length, its curve stretched, it ends at the same value on validation. The longer phase is trained too, once
    /// for each seed and training config. Default false.
    /// </param>
    /// <param name="recovered">True if the arm under test must end its first sparse phase no worse on validation than it ended its first phase. Default false.</param>
    /// <param name="train">
    /// The value of the main metric on the train split that the first phase must reach at its end, on average over seeds, e.g. 0.99 for a network that is to have fitted its examples; the
    /// labels are those that are trained on. Default null: none.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="train"/> is not finite.</exception>
    public StudyGates(bool converged = false, bool recovered = false, double? train = null)
    {
        if (train is { } value && !double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(train), train, "The value to reach on the train split is a finite number of the main metric.");
        }

        (Converged, Recovered, Train) = (converged, recovered, train);
    }

    /// <summary>No condition.</summary>
    public static StudyGates None { get; } = new();

    /// <summary>True if the first phase must have converged.</summary>
    public bool Converged { get; }

    /// <summary>True if the arm under test must end its first sparse phase no worse than its first phase.</summary>
    public bool Recovered { get; }

    /// <summary>The value of the main metric that the first phase must reach on the train split; null for none.</summary>
    public double? Train { get; }

    /// <summary>Formats the conditions, e.g. <c>"the first phase has converged; the sparse phase recovers"</c>; <c>"none"</c> without any.</summary>
    public override string ToString() => this == None ? "none" : string.Join("; ", new[]
    {
        Converged ? "the first phase has converged" : null,
        Recovered ? "the sparse phase recovers" : null,
        Train is { } value ? string.Create(CultureInfo.InvariantCulture, $"the first phase reaches {value:R} on the train split") : null,
    }.OfType<string>());
}
