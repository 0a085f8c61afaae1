using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A network that generates a caption one word at a time; the caller carries its state from word to word.</summary>
/// <remarks>Words are indices; 0 marks the start of a caption in the input and its end in the output.</remarks>
public interface ICaptioner
{
    /// <summary>Computes the state for a batch of images, before the first word.</summary>
    /// <param name="features">The images' features, float32, shape (N, features).</param>
    /// <returns>The state: tensors of N rows each, owned by the caller.</returns>
    Tensor[] Begin(Tensor features);

    /// <summary>Reads one word per image and scores the next one.</summary>
    /// <param name="words">The words, int64, shape (N); all 0 in the first call.</param>
    /// <param name="state">The state returned by <see cref="Begin"/> or by the previous call; its rows may have been reordered or selected.</param>
    /// <returns>Logits of the next word, shape (N, words), and the new state, both owned by the caller.</returns>
    (Tensor Scores, Tensor[] State) Next(Tensor words, Tensor[] state);
}
