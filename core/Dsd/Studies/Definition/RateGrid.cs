namespace Dsd.Studies;

/// <summary>Factors on the learning rates of all phases after the first, among which each arm's rates are chosen on validation.</summary>
public sealed record RateGrid
{
    /// <summary>Describes a grid of rates.</summary>
    /// <param name="factors">The factors, at least one, all different, finite and above 0; 1 for the rates as they are.</param>
    /// <param name="chosenByControl">
    /// True if all arms whose rates follow the variant's schedule use the factor that is best for the control, so that the arm under test is not favoured by a search of its own; false if each uses
    /// its own best. Default true.
    /// </param>
    /// <exception cref="ArgumentException">There is no factor, or one occurs twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A factor is outside its range.</exception>
    public RateGrid(IEnumerable<double> factors, bool chosenByControl = true)
    {
        ArgumentNullException.ThrowIfNull(factors);
        Factors = ArmChoices.Checked(factors, "A factor on learning rates is a finite number above 0.", nameof(factors));
        ChosenByControl = chosenByControl;
    }

    /// <summary>The factors.</summary>
    public ValueList<double> Factors { get; }

    /// <summary>True if the control's best factor is used by all arms whose rates follow the variant's schedule; false if each arm uses its own best.</summary>
    public bool ChosenByControl { get; }
}
