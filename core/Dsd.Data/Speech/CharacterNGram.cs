using System.Collections.Concurrent;

namespace Dsd.Data;

/// <summary>A character n-gram language model, estimated from transcripts.</summary>
/// <remarks>
/// The distribution after <see cref="Order"/> − 1 characters is interpolated with that of the next lower order by Witten and
/// Bell's rule (IEEE Transactions on Information Theory, 1991), down to the uniform distribution. The end of a transcript
/// counts as a character, with index 0. Every distribution sums to 1 and has no zero.
/// </remarks>
internal sealed class CharacterNGram
{
    /// <summary>The default order of the n-grams: 5.</summary>
    public const int DefaultOrder = 5;

    private const char End = (char)0;
    private readonly Dictionary<string, Dictionary<int, int>> _followers = [];
    private readonly ConcurrentDictionary<string, double[]> _known = new();
    private readonly SpeechAlphabet _alphabet;

    private CharacterNGram(SpeechAlphabet alphabet, int order) => (_alphabet, Order) = (alphabet, order);

    /// <summary>The order of the n-grams: the number of characters, including the predicted one.</summary>
    public int Order { get; }

    /// <summary>Estimates a model.</summary>
    /// <param name="transcripts">The transcripts, all in the alphabet.</param>
    /// <param name="alphabet">The characters.</param>
    /// <param name="order">The order of the n-grams, 1 to 12. Default 5.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="order"/> is outside 1 to 12.</exception>
    /// <exception cref="ArgumentException">A transcript has a character that is not in the alphabet.</exception>
    public static CharacterNGram Learn(IEnumerable<string> transcripts, SpeechAlphabet alphabet, int order = DefaultOrder)
    {
        ArgumentNullException.ThrowIfNull(transcripts);
        ArgumentNullException.ThrowIfNull(alphabet);
        if (order is < 1 or > 12)
        {
            throw new ArgumentOutOfRangeException(nameof(order), order, "The order of a character model must be 1 to 12.");
        }

        var model = new CharacterNGram(alphabet, order);
        foreach (var transcript in transcripts)
        {
            var numbers = alphabet.Encode(transcript);
            var text = string.Concat(numbers.Select(n => (char)n)) + End;
            for (var i = 0; i < text.Length; i++)
            {
                for (var length = 0; length < order; length++)
                {
                    model.Count(Context(text.AsSpan(0, i), length), text[i]);
                }
            }
        }

        return model;
    }

    /// <summary>Computes the distribution of the character that follows a text.</summary>
    /// <param name="history">The text so far, of which the last characters count.</param>
    /// <returns>The natural logarithms of the probabilities, by character index; index 0 is the end of the text.</returns>
    /// <exception cref="ArgumentException">The text has a character that is not in the alphabet.</exception>
    public IReadOnlyList<double> LogProbabilities(string history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return After(Context(string.Concat(_alphabet.Encode(history).Select(n => (char)n)), Order - 1));
    }

    /// <summary>Gets the distribution after a context made by <see cref="Extend"/>.</summary>
    internal double[] After(string context) => _known.GetOrAdd(context, c => Array.ConvertAll(Distribution(c), Math.Log));

    /// <summary>The context of an empty text.</summary>
    internal string Start => Context("", Order - 1);

    /// <summary>Extends a context by one character.</summary>
    internal string Extend(string context, int number) => Order == 1 ? "" : string.Concat(context.AsSpan(1), [(char)number]);

    /// <summary>Gets the last characters of a text, padded at the start with the end marker.</summary>
    private static string Context(ReadOnlySpan<char> text, int length) =>
        text.Length >= length ? new(text[^length..]) : string.Concat(new string(End, length - text.Length), text);

    private void Count(string context, int number)
    {
        if (!_followers.TryGetValue(context, out var followers))
        {
            _followers.Add(context, followers = []);
        }

        followers[number] = followers.GetValueOrDefault(number) + 1;
    }

    private double[] Distribution(string context)
    {
        var shorter = context.Length == 0
            ? [.. Enumerable.Repeat(1.0 / _alphabet.Classes, _alphabet.Classes)]
            : Array.ConvertAll(After(context[1..]), Math.Exp);
        if (_followers.TryGetValue(context, out var followers))
        {
            var (total, kinds) = (followers.Values.Sum(), followers.Count);
            for (var i = 0; i < shorter.Length; i++)
            {
                shorter[i] = (followers.GetValueOrDefault(i) + (kinds * shorter[i])) / (total + kinds);
            }
        }

        return shorter;
    }
}
