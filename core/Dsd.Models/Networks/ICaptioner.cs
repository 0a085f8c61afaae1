using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A network that writes a caption word by word: what it knows after each word goes out and in again.</summary>
/// <remarks>Words are numbers; 0 begins a caption where it is read, and ends one where it is predicted.</remarks>
public interface ICaptioner
{
    /// <summary>What the network knows of images before any word.</summary>
    /// <param name="features">The images' features, float32, shape (N, features).</param>
    /// <returns>The state, tensors of N rows each; the caller owns them.</returns>
    Tensor[] Begin(Tensor features);

    /// <summary>Reads a word an image.</summary>
    /// <param name="words">The words, int64, shape (N); 0 first.</param>
    /// <param name="state">The state before, as <see cref="Begin"/> or this gave it; its rows may have been chosen anew.</param>
    /// <returns>The scores (logits) of the word that follows, shape (N, words), and the state after; the caller owns them.</returns>
    (Tensor Scores, Tensor[] State) Next(Tensor words, Tensor[] state);
}
