using System.Text;
using ADRaffy.ENSNormalize;

namespace Dsd.Data;

/// <summary>The characters that transcripts are written in; each has a number from 1, and 0 is the blank of connectionist temporal classification.</summary>
/// <remarks>A character is a code point of Unicode, also one that is two units of UTF-16, such as U+20BB7.</remarks>
public sealed class SpeechAlphabet
{
    /// <summary>The number of the blank: 0.</summary>
    public const int Blank = 0;

    private readonly Dictionary<Rune, int> _numbers;
    private readonly Rune[] _characters;

    /// <summary>Numbers characters.</summary>
    /// <param name="characters">The characters in the order of their numbers, each once; at least one.</param>
    /// <exception cref="ArgumentException">There is no character, or one comes twice.</exception>
    public SpeechAlphabet(string characters)
    {
        ArgumentException.ThrowIfNullOrEmpty(characters);
        _numbers = [];
        _characters = [.. characters.EnumerateRunes()];
        foreach (var character in _characters)
        {
            if (!_numbers.TryAdd(character, _numbers.Count + 1))
            {
                throw new ArgumentException($"The character '{character}' comes twice; each has one number.", nameof(characters));
            }
        }

        Characters = characters;
    }

    /// <summary>The characters in the order of their numbers, from 1 on.</summary>
    public string Characters { get; }

    /// <summary>The classes of a network: the characters and the blank.</summary>
    public int Classes => Count + 1;

    /// <summary>How many characters there are.</summary>
    public int Count => _characters.Length;

    /// <summary>Every character of some transcripts, in the order of their code points.</summary>
    /// <param name="transcripts">The transcripts; at least one character in all.</param>
    /// <exception cref="ArgumentException">There is no character.</exception>
    public static SpeechAlphabet Of(IEnumerable<string> transcripts)
    {
        ArgumentNullException.ThrowIfNull(transcripts);
        return new(string.Concat(new SortedSet<Rune>(transcripts.SelectMany(t => t.EnumerateRunes()))));
    }

    /// <summary>A transcript as it is compared: composed (NFC), with single spaces between words and none about it.</summary>
    /// <param name="text">The transcript as it was written.</param>
    public static string Normalise(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Join(' ', Composed(text).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>A text with its accents composed (NFC). The same in every process: .NET's own <c>Normalize</c> does nothing where there is no ICU.</summary>
    internal static string Composed(string text) => Ascii.IsValid(text) ? text : ENSNormalize.NF.NFC(text);

    /// <summary>How many characters a transcript has.</summary>
    /// <param name="transcript">The transcript.</param>
    public static int LengthOf(string transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        return transcript.EnumerateRunes().Count();
    }

    /// <summary>The characters of a transcript that are none of these, in its order, each as often as it comes.</summary>
    /// <param name="transcript">The transcript.</param>
    public string Foreign(string transcript) => string.Concat(transcript.EnumerateRunes().Where(c => !_numbers.ContainsKey(c)));

    /// <summary>A transcript as numbers.</summary>
    /// <param name="transcript">The transcript; all of it of this alphabet.</param>
    /// <exception cref="ArgumentException">It has a character that is none of these.</exception>
    public int[] Encode(string transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        return Foreign(transcript) is { Length: > 0 } foreign
            ? throw new ArgumentException($"The transcript '{transcript}' has {Show(foreign.EnumerateRunes().First())}, which is not among the {Count} characters '{Characters}'.", nameof(transcript))
            : [.. transcript.EnumerateRunes().Select(c => _numbers[c])];
    }

    /// <summary>Numbers as a transcript.</summary>
    /// <param name="numbers">Each from 1 to the number of characters.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside that range.</exception>
    public string Decode(IEnumerable<int> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return string.Concat(numbers.Select(n => n >= 1 && n <= Count
            ? _characters[n - 1]
            : throw new ArgumentOutOfRangeException(nameof(numbers), n, $"Numbers of characters go from 1 to {Count}.")));
    }

    /// <summary>How many steps a transcript needs: one for each character, and one for a blank between equal neighbours.</summary>
    /// <param name="transcript">The transcript.</param>
    public static int StepsNeeded(string transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        Rune[] characters = [.. transcript.EnumerateRunes()];
        return characters.Length + characters.Skip(1).Where((c, i) => c == characters[i]).Count();
    }

    /// <summary>A character with its code point.</summary>
    internal static string Show(Rune character) => FormattableString.Invariant($"'{character}' (U+{character.Value:X4})");
}
