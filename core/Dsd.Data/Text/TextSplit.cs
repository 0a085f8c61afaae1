namespace Dsd.Data;

/// <summary>One split of a text data set: texts in memory as symbol indices.</summary>
internal sealed class TextSplit
{
    private readonly byte[][] _texts;

    internal TextSplit(IEnumerable<TextDocument> documents, Vocabulary vocabulary)
    {
        var list = documents.ToList();
        _texts = [.. list.Select(vocabulary.Encode)];
        Names = list.Select(d => d.Name).ToValueList();
        Characters = _texts.Sum(t => t.Length);
    }

    /// <summary>The names of the texts, in order.</summary>
    public ValueList<string> Names { get; }

    /// <summary>The number of characters of all texts.</summary>
    public int Characters { get; }

    /// <summary>The number of texts.</summary>
    public int Count => _texts.Length;

    /// <summary>Gets the symbol indices of a text's characters.</summary>
    /// <param name="index">Its position, from 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the split.</exception>
    public ReadOnlySpan<byte> Text(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _texts[index];
    }

    /// <summary>Lists the consecutive windows that fit into the texts for any offset below the length of a window.</summary>
    /// <param name="length">The number of characters to predict in a window, at least 1.</param>
    /// <returns>The text and the first character of each window.</returns>
    internal IEnumerable<(int Text, int Start)> Windows(int length)
    {
        for (var text = 0; text < _texts.Length; text++)
        {
            for (var start = 0; start + (2 * length) <= _texts[text].Length; start += length)
            {
                yield return (text, start);
            }
        }
    }
}
