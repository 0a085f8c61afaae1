using System.Text;
using ADRaffy.ENSNormalize;

namespace Dsd.Data;

/// <summary>The alphabet of transcripts: characters with indices from 1; index 0 is the blank of connectionist temporal classification.</summary>
/// <remarks>A character is a Unicode code point, including those of two UTF-16 units, such as U+20BB7.</remarks>
internal sealed class SpeechAlphabet
{
    /// <summary>The index of the blank: 0.</summary>
    public const int Blank = 0;

    private readonly Dictionary<Rune, int> _numbers;
    private readonly Rune[] _characters;

    /// <summary>Creates an alphabet.</summary>
    /// <param name="characters">The characters in the order of their indices, each once; at least one.</param>
    /// <exception cref="ArgumentException">There is no character, or one occurs twice.</exception>
    public SpeechAlphabet(string characters)
    {
        ArgumentException.ThrowIfNullOrEmpty(characters);
        _numbers = [];
        _characters = [.. characters.EnumerateRunes()];
        foreach (var character in _characters)
        {
            if (!_numbers.TryAdd(character, _numbers.Count + 1))
            {
                throw new ArgumentException($"The character '{character}' occurs twice; each must occur once.", nameof(characters));
            }
        }

        Characters = characters;
    }

    /// <summary>The characters in the order of their indices, from 1.</summary>
    public string Characters { get; }

    /// <summary>The number of classes of a network: the characters and the blank.</summary>
    public int Classes => Count + 1;

    /// <summary>The number of characters.</summary>
    public int Count => _characters.Length;

    /// <summary>Creates the alphabet of all characters of transcripts, in the order of their code points.</summary>
    /// <param name="transcripts">The transcripts; at least one character in all.</param>
    /// <exception cref="ArgumentException">There is no character.</exception>
    public static SpeechAlphabet Of(IEnumerable<string> transcripts)
    {
        ArgumentNullException.ThrowIfNull(transcripts);
        return new(string.Concat(new SortedSet<Rune>(transcripts.SelectMany(t => t.EnumerateRunes()))));
    }

    /// <summary>Normalises a transcript for comparison: composed (NFC), with single spaces between words and none around them.</summary>
    /// <param name="text">The transcript as written.</param>
    public static string Normalise(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Join(' ', Composed(text).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Composes the accents of a text (NFC), in every process alike: .NET's own <c>Normalize</c> does nothing without ICU.</summary>
    internal static string Composed(string text) => Ascii.IsValid(text) ? text : ENSNormalize.NF.NFC(text);

    /// <summary>Counts the characters of a transcript.</summary>
    /// <param name="transcript">The transcript.</param>
    public static int LengthOf(string transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        return transcript.EnumerateRunes().Count();
    }

    /// <summary>Finds the characters of a transcript that are not in the alphabet, in order, with repetitions.</summary>
    /// <param name="transcript">The transcript.</param>
    public string Foreign(string transcript) => string.Concat(transcript.EnumerateRunes().Where(c => !_numbers.ContainsKey(c)));

    /// <summary>Encodes a transcript as indices.</summary>
    /// <param name="transcript">The transcript, in this alphabet.</param>
    /// <exception cref="ArgumentException">The transcript has a character that is not in the alphabet.</exception>
    public int[] Encode(string transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        return Foreign(transcript) is { Length: > 0 } foreign
            ? throw new ArgumentException($"The transcript '{transcript}' has {Show(foreign.EnumerateRunes().First())}, which is not among the {Count} characters '{Characters}'.", nameof(transcript))
            : [.. transcript.EnumerateRunes().Select(c => _numbers[c])];
    }

    /// <summary>Decodes indices to a transcript.</summary>
    /// <param name="numbers">Each from 1 to the number of characters.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside that range.</exception>
    public string Decode(IEnumerable<int> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return string.Concat(numbers.Select(n => n >= 1 && n <= Count
            ? _characters[n - 1]
            : throw new ArgumentOutOfRangeException(nameof(numbers), n, $"Character indices must be 1 to {Count}.")));
    }

    /// <summary>Computes the steps that a transcript needs: one per character, and one for a blank between equal neighbours.</summary>
    /// <param name="transcript">The transcript.</param>
    public static int StepsNeeded(string transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        Rune[] characters = [.. transcript.EnumerateRunes()];
        return characters.Length + characters.Skip(1).Where((c, i) => c == characters[i]).Count();
    }

    /// <summary>Formats a character with its code point.</summary>
    internal static string Show(Rune character) => FormattableString.Invariant($"'{character}' (U+{character.Value:X4})");
}
