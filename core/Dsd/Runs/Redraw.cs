namespace Dsd.Runs;

/// <summary>The part of the data that is drawn anew for each seed of a run.</summary>
public enum Redraw
{
    /// <summary>Nothing: every seed has the same splits, and with a limit the first training examples.</summary>
    None,

    /// <summary>The training examples within a limit, from the whole train split; validation and test are the same for every seed.</summary>
    Train,

    /// <summary>The division of train and validation, each as large as before, and the training examples within a limit; test is the same for every seed.</summary>
    Splits,
}
