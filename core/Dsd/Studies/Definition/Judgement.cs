namespace Dsd.Studies;

/// <summary>The way in which a study's arms are evaluated.</summary>
public enum Judgement
{
    /// <summary>The best variant of each arm is selected on validation; the test split is then read once, for the selected ones.</summary>
    Selected,

    /// <summary>Every variant is evaluated: the best of an arm's candidates is selected on validation; the test split is then read once for each.</summary>
    EveryVariant,

    /// <summary>Only validation is used: the test split stays unread, as is proper for a search.</summary>
    Validation,
}
