namespace Dsd.Data;

/// <summary>The words of captions, each with a number from 1; 0 begins and ends a caption.</summary>
/// <remarks>
/// As in NeuralTalk: a word has a number where it comes often enough in the captions to learn from; other words are left out of a
/// caption where it is read, as if they were not there. The most frequent word is 1; words of the same frequency come in the order of
/// their UTF-16 code units.
/// </remarks>
public sealed class WordVocabulary
{
    /// <summary>How often a word must come unless another number is given: 5, as in NeuralTalk.</summary>
    public const int DefaultThreshold = 5;

    /// <summary>The number that begins a caption where it is read, and ends one where it is predicted: 0.</summary>
    public const int End = 0;

    private readonly string[] _words;
    private readonly Dictionary<string, int> _numbers;

    private WordVocabulary(string[] words, int threshold)
    {
        _words = words;
        _numbers = words.Select((word, i) => (word, i)).ToDictionary(w => w.word, w => w.i + 1);
        Threshold = threshold;
    }

    /// <summary>The words in the order of their numbers, from 1.</summary>
    public IReadOnlyList<string> Words => _words;

    /// <summary>How many numbers there are: one more than words.</summary>
    public int Count => _words.Length + 1;

    /// <summary>How often a word came at least.</summary>
    public int Threshold { get; }

    /// <summary>The words that come often enough in some captions.</summary>
    /// <param name="captions">The captions to learn from, as words.</param>
    /// <param name="threshold">How often a word must come, at least 1. Default 5.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threshold"/> is below 1.</exception>
    /// <exception cref="DsdException">No word comes often enough.</exception>
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
                $"None of the {counts.Count} words comes {threshold} times in the captions to learn from (the most frequent {counts.Values.DefaultIfEmpty().Max()} times). Give more captions or a smaller threshold.");
    }

    /// <summary>A caption as numbers, without the end and without words that have none.</summary>
    /// <param name="caption">The caption, as words.</param>
    public int[] Encode(IReadOnlyList<string> caption)
    {
        ArgumentNullException.ThrowIfNull(caption);
        return [.. caption.Select(w => _numbers.GetValueOrDefault(w)).Where(n => n != End)];
    }

    /// <summary>Numbers as words.</summary>
    /// <param name="numbers">Each from 1 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public string[] Decode(ReadOnlySpan<int> numbers)
    {
        var words = new string[numbers.Length];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = numbers[i] > End && numbers[i] < Count
                ? _words[numbers[i] - 1]
                : throw new ArgumentOutOfRangeException(nameof(numbers), numbers[i], $"Numbers of words go from 1 to {Count - 1}; at position {i} is another.");
        }

        return words;
    }
}
