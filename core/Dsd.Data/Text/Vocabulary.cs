using System.Text;

namespace Dsd.Data;

/// <summary>The symbols of a text, each with a number from 0; a symbol is a code point of Unicode.</summary>
public sealed class Vocabulary
{
    /// <summary>The most symbols: 256, since numbers are kept as bytes.</summary>
    public const int MaxCount = 256;

    private readonly Dictionary<Rune, byte> _numbers;
    private readonly Rune[] _symbols;

    private Vocabulary(string symbols)
    {
        Symbols = symbols;
        _symbols = [.. symbols.EnumerateRunes()];
        _numbers = _symbols.Select((symbol, i) => (symbol, i)).ToDictionary(s => s.symbol, s => (byte)s.i);
    }

    /// <summary>The symbols in the order of their numbers, which is that of their code points.</summary>
    public string Symbols { get; }

    /// <summary>How many symbols there are, 1 to 256.</summary>
    public int Count => _symbols.Length;

    /// <summary>Every symbol that comes in some texts.</summary>
    /// <param name="documents">The texts; at least one character in all.</param>
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
                $"The texts hold {symbols.Count} symbols, at most {MaxCount} are allowed. Write them in fewer, e.g. without accents or in lower case."),
            _ => new(string.Concat(symbols)),
        };
    }

    /// <summary>A text as numbers.</summary>
    /// <param name="document">The text.</param>
    /// <returns>The number of each of its characters.</returns>
    /// <exception cref="DsdException">A character is none of the symbols; the message says which and where.</exception>
    public byte[] Encode(TextDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var numbers = new byte[document.Text.EnumerateRunes().Count()];
        foreach (var (i, symbol) in document.Text.EnumerateRunes().Index())
        {
            if (!_numbers.TryGetValue(symbol, out numbers[i]))
            {
                throw new DsdException(
                    $"'{document.Name}' has the symbol {Show(symbol)} at position {i}, which the train part does not have: a network cannot learn it. "
                    + $"Allowed are the {Count} symbols of the train part. Replace the symbol, or move a text that has it into the train part.");
            }
        }

        return numbers;
    }

    /// <summary>Numbers as a text.</summary>
    /// <param name="numbers">Each below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not below <see cref="Count"/>.</exception>
    public string Decode(ReadOnlySpan<byte> numbers)
    {
        var text = new StringBuilder(numbers.Length);
        for (var i = 0; i < numbers.Length; i++)
        {
            text.Append(numbers[i] < Count
                ? _symbols[numbers[i]]
                : throw new ArgumentOutOfRangeException(nameof(numbers), numbers[i], $"Numbers of symbols go from 0 to {Count - 1}; at position {i} is another."));
        }

        return text.ToString();
    }

    private static string Show(Rune symbol) => Rune.IsControl(symbol) ? $"U+{symbol.Value:X4}" : $"'{symbol}' (U+{symbol.Value:X4})";
}
