namespace Dsd.Training;

/// <summary>What a network takes in and gives out, so that networks and data can be matched by name.</summary>
public enum TaskKind
{
    /// <summary>Images in, one score for each class out.</summary>
    Images,

    /// <summary>A text in, symbol by symbol, and after each symbol one score for every symbol that could follow.</summary>
    Text,
}
