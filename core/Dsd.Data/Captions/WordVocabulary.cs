namespace Dsd.Data;

/// <summary>The vocabulary of captions: words with indices from 1; index 0 starts and ends a caption.</summary>
/// <remarks>
/// As in NeuralTalk: a word has an index if it occurs often enough in the training captions; other words are removed from
/// captions. The most frequent word has index 1; words of equal frequency are in the order of
/// their UTF-16 code units.
/// </remarks>
internal sealed class WordVocabulary
{
    /// <summary>The default threshold of occurrences: 5, as in NeuralTalk.</summary>
    public const int DefaultThreshold = 5;

    /// <summary>The index that starts a caption in the input and ends it in the output: 0.</summary>
    public const int End = 0;

    private readonly string[] _words;
    private readonly Dictionary<string, int> _numbers;

    private WordVocabulary(string[] words, int threshold)
    {
        _words = words;
        _numbers = words.Select((word, i) => (word, i)).ToDictionary(w => w.word, w => w.i + 1);
        Threshold = threshold;
    }

    /// <summary>The words in the order of their indices, from 1.</summary>
    public IReadOnlyList<string> Words => _words;

    /// <summary>The number of indices: one more than words.</summary>
    public int Count => _words.Length + 1;

    /// <summary>The smallest number of occurrences of a word.</summary>
    public int Threshold { get; }

    /// <summary>Builds the vocabulary of captions.</summary>
    /// <param name="captions">The training captions, as words.</param>
    /// <param name="threshold">The smallest number of occurrences of a word, at least 1. Default 5.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threshold"/> is below 1.</exception>
    /// <exception cref="DsdException">No word occurs often enough.</exception>
    public static WordVocabulary Of(IEnumerable<IReadOnlyList<string>> captions, int threshold = DefaultThreshold)
    {
        ArgumentNullException.ThrowIfNull(captions);
        ArgumentOutOfRangeException.ThrowIfLessThan(threshold, 1);
        var counts = new Dictionary<string, int>();
        foreach (var word in captions.SelectMany(c => c))
        {
            counts[word] = counts.GetValueOrDefault(word) + 1;
        }

        var words = counts.Where(c => c.Value >= threshold).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Select(c => c.Key).ToArray();
        return words.Length > 0
            ? new(words, threshold)
            : throw new DsdException(
                $"None of the {counts.Count} words occurs {threshold} times in the training captions (the most frequent {counts.Values.DefaultIfEmpty().Max()} times). Use more captions or a smaller threshold.");
    }

    /// <summary>Encodes a caption as indices, without the end and without unknown words.</summary>
    /// <param name="caption">The caption, as words.</param>
    public int[] Encode(IReadOnlyList<string> caption)
    {
        ArgumentNullException.ThrowIfNull(caption);
        return [.. caption.Select(w => _numbers.GetValueOrDefault(w)).Where(n => n != End)];
    }

    /// <summary>Decodes indices to words.</summary>
    /// <param name="numbers">Each from 1 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public string[] Decode(ReadOnlySpan<int> numbers)
    {
        var words = new string[numbers.Length];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = numbers[i] > End && numbers[i] < Count
                ? _words[numbers[i] - 1]
                : throw new ArgumentOutOfRangeException(nameof(numbers), numbers[i], $"Word indices must be 1 to {Count - 1}; the one at position {i} is not.");
        }

        return words;
    }
}
