using Dsd.Records;
using Dsd.Runs;

namespace Dsd.Data;

/// <summary>How much of some sentences is found in their references: BLEU-1 to BLEU-4, over a whole corpus.</summary>
/// <remarks>
/// As the script <c>multi-bleu</c> defines it: n-grams of each sentence count as often as they come in it, but no more often than in
/// the reference that has most of them; sums over all sentences give one precision for each n; BLEU-n is the geometric mean of the
/// first n, times exp(1 − references / sentences) where the sentences are shorter in all than the references that are closest in length
/// (of two equally close the shorter). Nothing is smoothed: a precision of 0 gives 0, and sentences without any n-gram have a
/// precision of 0, so that BLEU-4 of words alone is 0.
/// Source: Papineni, Roukos, Ward and Zhu, "BLEU: a method for automatic evaluation of machine translation", ACL 2002. The copy of the
/// script that comes with NeuralTalk leaves the factor for short sentences out, so that figures made with it are as high or higher.
/// </remarks>
public sealed record Bleu
{
    /// <summary>The longest n-grams that are counted: 4.</summary>
    public const int Longest = 4;

    private static readonly ValueList<Metric> s_metrics = Enumerable.Range(1, Longest).Select(n => new Metric($"BLEU-{n}", MetricGoal.Higher, MetricScale.Percent)).ToValueList();

    private Bleu(ValueList<long> found, ValueList<long> total, long length, long referenceLength)
    {
        Found = found;
        Total = total;
        Length = length;
        ReferenceLength = referenceLength;
    }

    /// <summary>How many n-grams were found, for each n from 1 to 4.</summary>
    public ValueList<long> Found { get; }

    /// <summary>How many n-grams there are, for each n from 1 to 4.</summary>
    public ValueList<long> Total { get; }

    /// <summary>Words in all sentences.</summary>
    public long Length { get; }

    /// <summary>Words in those references that are closest in length to their sentences.</summary>
    public long ReferenceLength { get; }

    /// <summary>The factor for sentences that are too short, in [0, 1].</summary>
    public double BrevityPenalty => Length >= ReferenceLength ? 1 : Length == 0 ? 0 : Math.Exp(1 - ((double)ReferenceLength / Length));

    /// <summary>Compares sentences with their references.</summary>
    /// <param name="sentences">The sentences, as words; at least one, of which any may be empty.</param>
    /// <param name="references">The references of each sentence, at least one each.</param>
    /// <exception cref="ArgumentException">There is no sentence, not one list of references a sentence, or one without any.</exception>
    public static Bleu Of(IReadOnlyList<IReadOnlyList<string>> sentences, IReadOnlyList<IReadOnlyList<IReadOnlyList<string>>> references)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(references);
        if (sentences.Count == 0 || references.Count != sentences.Count)
        {
            throw new ArgumentException(
                $"BLEU needs at least one sentence and the references of each; there are {sentences.Count} sentences and {references.Count} lists of references.", nameof(references));
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

    /// <summary>The share of n-grams that were found, in [0, 1]; 0 where there are none.</summary>
    /// <param name="n">Their length, 1 to 4.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is outside 1 to 4.</exception>
    public double Precision(int n) => Checked(n) is var i && Total[i] == 0 ? 0 : (double)Found[i] / Total[i];

    /// <summary>BLEU-n, in [0, 1]: 1 where every sentence is one of its references and at least one has n words.</summary>
    /// <param name="n">The longest n-grams, 1 to 4.</param>
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

    /// <summary>The four scores in percent, e.g. <c>"BLEU 57.9/38.3/24.5/16.0"</c>.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"BLEU {100 * Score(1):0.0}/{100 * Score(2):0.0}/{100 * Score(3):0.0}/{100 * Score(4):0.0}");

    /// <summary>BLEU of n-grams of up to so many words as a metric; over a whole corpus, and so no mean over its sentences.</summary>
    /// <param name="n">1 to 4.</param>
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
