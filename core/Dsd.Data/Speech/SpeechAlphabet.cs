using System.Text;

namespace Dsd.Data.Speech;

/// <summary>The characters that transcripts are written in; each has a number from 1, and 0 is the blank of connectionist temporal classification.</summary>
public sealed class SpeechAlphabet
{
    /// <summary>The number of the blank: 0.</summary>
    public const int Blank = 0;

    private readonly Dictionary<char, int> _numbers;

    /// <summary>Numbers characters.</summary>
    /// <param name="characters">The characters in the order of their numbers, each once; at least one.</param>
    /// <exception cref="ArgumentException">There is no character, or one comes twice.</exception>
    public SpeechAlphabet(string characters)
    {
        ArgumentException.ThrowIfNullOrEmpty(characters);
        _numbers = [];
        foreach (var character in characters)
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
    public int Classes => Characters.Length + 1;

    /// <summary>Every character of some transcripts, in the order of their UTF-16 code units.</summary>
    /// <param name="transcripts">The transcripts; at least one character in all.</param>
    /// <exception cref="ArgumentException">There is no character.</exception>
    public static SpeechAlphabet Of(IEnumerable<string> transcripts)
    {
        ArgumentNullException.ThrowIfNull(transcripts);
        return new(string.Concat(new SortedSet<char>(transcripts.SelectMany(t => t))));
    }

    /// <summary>A transcript as it is compared: composed (NFC), with single spaces between words and none about it.</summary>
    /// <param name="text">The transcript as it was written.</param>
    public static string Normalise(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Join(' ', text.Normalize(NormalizationForm.FormC).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The characters of a transcript that are none of these, in its order, each as often as it comes.</summary>
    /// <param name="transcript">The transcript.</param>
    public string Foreign(string transcript) => string.Concat(transcript.Where(c => !_numbers.ContainsKey(c)));

    /// <summary>A transcript as numbers.</summary>
    /// <param name="transcript">The transcript; all of it of this alphabet.</param>
    /// <exception cref="ArgumentException">It has a character that is none of these.</exception>
    public int[] Encode(string transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        return Foreign(transcript) is { Length: > 0 } foreign
            ? throw new ArgumentException($"The transcript '{transcript}' has '{foreign[0]}' (U+{(int)foreign[0]:X4}), which is not among the {Characters.Length} characters '{Characters}'.", nameof(transcript))
            : [.. transcript.Select(c => _numbers[c])];
    }

    /// <summary>Numbers as a transcript.</summary>
    /// <param name="numbers">Each from 1 to the number of characters.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside that range.</exception>
    public string Decode(IEnumerable<int> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return string.Concat(numbers.Select(n => n >= 1 && n <= Characters.Length
            ? Characters[n - 1]
            : throw new ArgumentOutOfRangeException(nameof(numbers), n, $"Numbers of characters go from 1 to {Characters.Length}.")));
    }

    /// <summary>How many steps a transcript needs: one for each character, and one for a blank between equal neighbours.</summary>
    /// <param name="transcript">The transcript.</param>
    public static int StepsNeeded(string transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        return transcript.Length + transcript.Skip(1).Where((c, i) => c == transcript[i]).Count();
    }
}
