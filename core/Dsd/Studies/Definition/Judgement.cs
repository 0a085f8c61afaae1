namespace Dsd.Studies;

/// <summary>What a study's arms are judged by.</summary>
public enum Judgement
{
    /// <summary>For each arm the best variant is selected on validation; the test split is then read once, for the selected ones.</summary>
    Selected,

    /// <summary>Every variant is judged: of an arm's candidates the best is selected on validation; the test split is then read once for each.</summary>
    EveryVariant,

    /// <summary>Validation alone: the test split stays unread, as befits a study that looks for settings.</summary>
    Validation,
}
