namespace Dsd.Schedules;

/// <summary>The kind of a layer, as relevant to pruning.</summary>
public enum LayerKind
{
    /// <summary>A fully connected layer. Pruned by default.</summary>
    Linear,

    /// <summary>A convolution of any dimension, transposed ones included. Pruned by default, except the first of a network.</summary>
    Convolution,

    /// <summary>A plain RNN, LSTM or GRU, or one of their cells. Pruned by default.</summary>
    Recurrent,

    /// <summary>A lookup table. Never pruned.</summary>
    Embedding,

    /// <summary>Batch, layer, group or instance normalisation. Never pruned.</summary>
    Norm,

    /// <summary>Any other layer. Pruned only if a rule names it.</summary>
    Other,
}
