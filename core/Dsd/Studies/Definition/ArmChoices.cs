namespace Dsd.Studies;

/// <summary>The numbers among which an arm, or every arm, is tuned on validation.</summary>
internal static class ArmChoices
{
    /// <summary>Checks numbers to choose among.</summary>
    /// <param name="choices">The numbers.</param>
    /// <param name="rule">What each of them must be, for an error.</param>
    /// <param name="parameter">The name of the parameter.</param>
    /// <param name="most">The largest allowed. Default: any.</param>
    /// <exception cref="ArgumentException">There is none, or one occurs twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">One is not above 0, not finite or too large.</exception>
    public static ValueList<double> Checked(IEnumerable<double> choices, string rule, string parameter, double most = double.MaxValue)
    {
        var list = choices.ToValueList();
        return list.Count == 0 || list.Distinct().Count() < list.Count ? throw new ArgumentException("Give at least one number to choose from, each once.", parameter)
            : list.FirstOrDefault(c => !(c > 0 && c <= most), 1) is var wrong && !(wrong > 0 && wrong <= most) ? throw new ArgumentOutOfRangeException(parameter, wrong, rule)
            : list;
    }
}
