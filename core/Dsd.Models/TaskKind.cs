namespace Dsd.Models;

/// <summary>The kind of inputs and outputs of a network, by which networks and data are matched.</summary>
public enum TaskKind
{
    /// <summary>Images in, one score for each class out.</summary>
    Images,

    /// <summary>A text in, symbol by symbol, and after each symbol one score for every symbol that could follow.</summary>
    Text,

    /// <summary>An image's feature and the words so far in, and after each word one score for every word that could follow.</summary>
    Captions,

    /// <summary>The spectrogram of an utterance in, and for each of its stretches one score for every character and for none.</summary>
    Speech,
}
