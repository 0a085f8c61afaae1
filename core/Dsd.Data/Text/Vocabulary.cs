using System.Text;

namespace Dsd.Data;

/// <summary>The vocabulary of a text: symbols with indices from 0; a symbol is a Unicode code point.</summary>
internal sealed class Vocabulary
{
    /// <summary>The largest number of symbols: 256, since indices are stored as bytes.</summary>
    public const int MaxCount = 256;

    private readonly Dictionary<Rune, byte> _numbers;
    private readonly Rune[] _symbols;

    private Vocabulary(string symbols)
    {
        Symbols = symbols;
        _symbols = [.. symbols.EnumerateRunes()];
        Each = [.. _symbols.Select(s => s.ToString())];
        _numbers = _symbols.Select((symbol, i) => (symbol, i)).ToDictionary(s => s.symbol, s => (byte)s.i);
    }

    /// <summary>The symbols in the order of their indices, which is that of their code points.</summary>
    public string Symbols { get; }

    /// <summary>The symbols one by one, in the order of their indices.</summary>
    public IReadOnlyList<string> Each { get; }

    /// <summary>The number of symbols, 1 to 256.</summary>
    public int Count => _symbols.Length;

    /// <summary>Builds the vocabulary of all symbols of texts.</summary>
    /// <param name="documents">The texts, with at least one character in total.</param>
    /// <exception cref="ArgumentException">There is no character.</exception>
    /// <exception cref="DsdException">There are more than 256 symbols.</exception>
    public static Vocabulary Of(IEnumerable<TextDocument> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var symbols = new SortedSet<Rune>(documents.SelectMany(d => d.Text.EnumerateRunes()));
        return symbols.Count switch
        {
            0 => throw new ArgumentException("The texts hold no character; at least one is needed.", nameof(documents)),
            > MaxCount => throw new DsdException(
                $"The texts hold {symbols.Count} symbols, at most {MaxCount} are allowed. Reduce them, e.g. remove accents or convert to lower case."),
            _ => new(string.Concat(symbols)),
        };
    }

    /// <summary>Encodes a text as symbol indices.</summary>
    /// <param name="document">The text.</param>
    /// <returns>The index of each of its characters.</returns>
    /// <exception cref="DsdException">A character is not in the vocabulary; the message names it and its position.</exception>
    public byte[] Encode(TextDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var numbers = new byte[document.Text.EnumerateRunes().Count()];
        foreach (var (i, symbol) in document.Text.EnumerateRunes().Index())
        {
            if (!_numbers.TryGetValue(symbol, out numbers[i]))
            {
                throw new DsdException(
                    $"'{document.Name}' has the symbol {Show(symbol)} at position {i}, which the train split does not have: a network cannot learn it. "
                    + $"Allowed are the {Count} symbols of the train split. Replace the symbol, or move a text that has it into the train split.");
            }
        }

        return numbers;
    }

    /// <summary>Decodes symbol indices to a text.</summary>
    /// <param name="numbers">Each below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not below <see cref="Count"/>.</exception>
    public string Decode(ReadOnlySpan<byte> numbers)
    {
        var text = new StringBuilder(numbers.Length);
        for (var i = 0; i < numbers.Length; i++)
        {
            text.Append(numbers[i] < Count
                ? _symbols[numbers[i]]
                : throw new ArgumentOutOfRangeException(nameof(numbers), numbers[i], $"Symbol indices must be 0 to {Count - 1}; the one at position {i} is not."));
        }

        return text.ToString();
    }

    private static string Show(Rune symbol) => Rune.IsControl(symbol) ? $"U+{symbol.Value:X4}" : $"'{symbol}' (U+{symbol.Value:X4})";
}
