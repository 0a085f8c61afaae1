using Dsd.Records;
using Dsd.Runs;

namespace Dsd.Data;

/// <summary>The corpus BLEU score, BLEU-1 to BLEU-4, of sentences against their references.</summary>
/// <remarks>
/// As defined by the script <c>multi-bleu</c>: n-grams of each sentence count as often as they occur in it, but no more often than in
/// the reference with most of them; sums over all sentences give one precision for each n; BLEU-n is the geometric mean of the
/// first n, times exp(1 − references / sentences) if the sentences are shorter in total than the references closest in length
/// (of two equally close, the shorter). There is no smoothing: a precision of 0 gives 0, and sentences without any n-gram have a
/// precision of 0, so that BLEU-4 of single words is 0.
/// Source: Papineni, Roukos, Ward and Zhu, "BLEU: a method for automatic evaluation of machine translation", ACL 2002. The copy of the
/// script in NeuralTalk omits the brevity penalty, so that its figures are equal or higher.
/// </remarks>
internal sealed record Bleu
{
    /// <summary>The length of the longest n-grams: 4.</summary>
    public const int Longest = 4;

    private static readonly ValueList<Metric> s_metrics = Enumerable.Range(1, Longest).Select(n => new Metric($"BLEU-{n}", MetricGoal.Higher, MetricScale.Percent)).ToValueList();

    private Bleu(ValueList<long> found, ValueList<long> total, long length, long referenceLength)
    {
        Found = found;
        Total = total;
        Length = length;
        ReferenceLength = referenceLength;
    }

    /// <summary>The number of matched n-grams, for each n from 1 to 4.</summary>
    public ValueList<long> Found { get; }

    /// <summary>The number of n-grams in the sentences, for each n from 1 to 4.</summary>
    public ValueList<long> Total { get; }

    /// <summary>The number of words in all sentences.</summary>
    public long Length { get; }

    /// <summary>The number of words in the references closest in length to their sentences.</summary>
    public long ReferenceLength { get; }

    /// <summary>The brevity penalty, a factor in [0, 1] for sentences that are too short.</summary>
    public double BrevityPenalty => Length >= ReferenceLength ? 1 : Length == 0 ? 0 : Math.Exp(1 - ((double)ReferenceLength / Length));

    /// <summary>Computes the counts of sentences against their references.</summary>
    /// <param name="sentences">The sentences, as words; at least one. A sentence may be empty.</param>
    /// <param name="references">The references of each sentence, at least one each.</param>
    /// <exception cref="ArgumentException">There is no sentence, the number of reference lists differs, or a list is empty.</exception>
    public static Bleu Of(IReadOnlyList<IReadOnlyList<string>> sentences, IReadOnlyList<IReadOnlyList<IReadOnlyList<string>>> references)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(references);
        if (sentences.Count == 0 || references.Count != sentences.Count)
        {
            throw new ArgumentException(
                $"BLEU needs at least one sentence and one list of references per sentence; got {sentences.Count} sentences and {references.Count} lists of references.", nameof(references));
        }

        var (found, total, length, referenceLength) = (new long[Longest], new long[Longest], 0L, 0L);
        for (var i = 0; i < sentences.Count; i++)
        {
            if (references[i].Count == 0)
            {
                throw new ArgumentException($"Sentence {i} has no reference; leave it out.", nameof(references));
            }

            var words = sentences[i];
            length += words.Count;
            referenceLength += references[i].Select(r => r.Count).MinBy(count => (Math.Abs(count - words.Count), count));
            for (var n = 1; n <= Longest; n++)
            {
                total[n - 1] += Math.Max(0, words.Count - n + 1);
                found[n - 1] += Common(Grams(words, n), [.. references[i].Select(r => Grams(r, n))]);
            }
        }

        return new(found.ToValueList(), total.ToValueList(), length, referenceLength);
    }

    /// <summary>Computes the fraction of matched n-grams, in [0, 1]; 0 if there are none.</summary>
    /// <param name="n">The length of the n-grams, 1 to 4.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is outside 1 to 4.</exception>
    public double Precision(int n) => Checked(n) is var i && Total[i] == 0 ? 0 : (double)Found[i] / Total[i];

    /// <summary>Computes BLEU-n, in [0, 1]: 1 if every sentence equals one of its references and at least one has n words.</summary>
    /// <param name="n">The length of the longest n-grams, 1 to 4.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is outside 1 to 4.</exception>
    public double Score(int n)
    {
        Checked(n);
        var logarithm = 0.0;
        for (var i = 1; i <= n; i++)
        {
            if (Precision(i) == 0)
            {
                return 0;
            }

            logarithm += Math.Log(Precision(i));
        }

        return BrevityPenalty * Math.Exp(logarithm / n);
    }

    /// <summary>Formats the four scores in percent, e.g. <c>"BLEU 57.9/38.3/24.5/16.0"</c>.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"BLEU {100 * Score(1):0.0}/{100 * Score(2):0.0}/{100 * Score(3):0.0}/{100 * Score(4):0.0}");

    /// <summary>Gets BLEU-n as a metric, computed over a whole corpus and not as a mean over its sentences.</summary>
    /// <param name="n">The length of the longest n-grams, 1 to 4.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is outside its range.</exception>
    public static Metric Metric(int n) => s_metrics[Checked(n)];

    private static int Checked(int n) => n is >= 1 and <= Longest
        ? n - 1
        : throw new ArgumentOutOfRangeException(nameof(n), n, $"BLEU counts n-grams of 1 to {Longest} words.");

    private static Dictionary<(string, string?, string?, string?), int> Grams(IReadOnlyList<string> words, int n)
    {
        var counts = new Dictionary<(string, string?, string?, string?), int>();
        for (var i = 0; i + n <= words.Count; i++)
        {
            var gram = (words[i], n > 1 ? words[i + 1] : null, n > 2 ? words[i + 2] : null, n > 3 ? words[i + 3] : null);
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }

        return counts;
    }

    private static long Common<T>(Dictionary<T, int> grams, Dictionary<T, int>[] references)
        where T : notnull =>
        grams.Sum(g => (long)Math.Min(g.Value, references.Max(r => r.GetValueOrDefault(g.Key))));
}
