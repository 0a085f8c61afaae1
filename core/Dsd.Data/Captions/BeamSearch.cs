using System.Runtime.InteropServices;
using Dsd.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Generates captions by beam search, with a number of candidates per image.</summary>
/// <remarks>
/// As in NeuralTalk: a candidate's score is the sum of its words' log-probabilities, with the end counted as a word and without length
/// normalisation; finished captions stay among the candidates. Of equal scores, the one from the better previous candidate
/// comes first, then the word with the lower index. A width of 1 is greedy search.
/// </remarks>
internal static class BeamSearch
{
    /// <summary>The largest number of candidates per image: 100.</summary>
    public const int MaxWidth = 100;

    /// <summary>The number of rows that are computed together: candidates of several images.</summary>
    private const int RowsAtOnce = 512;

    /// <summary>Generates a caption for each image.</summary>
    /// <param name="network">The network, in evaluation mode.</param>
    /// <param name="features">The images' features, float32, shape (N, features), on the network's device.</param>
    /// <param name="width">The number of candidates per image, 1 to 100.</param>
    /// <param name="mostWords">The largest number of words in a caption, including the end, at least 1.</param>
    /// <returns>The word indices of each caption, without the end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static IReadOnlyList<int[]> Captions(ICaptioner network, Tensor features, int width, int mostWords)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(features);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostWords, 1);
        CheckWidth(width);
        using var quiet = no_grad();
        var (captions, count, atOnce) = (new List<int[]>(), features.size(0), Math.Max(1, RowsAtOnce / width));
        for (var start = 0L; start < count; start += atOnce)
        {
            using var scope = NewDisposeScope();
            captions.AddRange(Search(network, features.slice(0, start, Math.Min(count, start + atOnce), 1), width, mostWords));
        }

        return captions;
    }

    internal static void CheckWidth(int width)
    {
        if (width is < 1 or > MaxWidth)
        {
            throw new ArgumentOutOfRangeException(nameof(width), width, $"The beam width must be 1 to {MaxWidth} candidates; 1 is greedy search.");
        }
    }

    private static IEnumerable<int[]> Search(ICaptioner network, Tensor features, int width, int mostWords)
    {
        // Each image starts with one candidate, its row in the state.
        var beams = Enumerable.Range(0, (int)features.size(0)).Select(row => new List<Candidate> { new(0, [], row, false) }).ToArray();
        var state = network.Begin(features);
        for (var step = 0; step < mostWords; step++)
        {
            // Once the best candidate has ended, no other can become better: a log-probability is never above 0.
            var live = beams.SelectMany(b => b[0].HasEnded ? [] : b.Where(c => !c.HasEnded)).ToList();
            if (live.Count == 0)
            {
                break;
            }

            using var scope = NewDisposeScope();
            if (step > 0)
            {
                var rows = tensor([.. live.Select(c => (long)c.Row)], device: features.device);
                state = [.. state.Select(s => s.index_select(0, rows))];
            }

            var words = tensor([.. live.Select(c => c.Words.Length == 0 ? WordVocabulary.End : (long)c.Words[^1])], device: features.device);
            var (scores, next) = network.Next(words, state);
            var logarithms = nn.functional.log_softmax(scores.to(ScalarType.Float32), 1).cpu().contiguous();
            var values = MemoryMarshal.Cast<byte, float>(logarithms.bytes);
            var classes = (int)logarithms.size(1);
            foreach (var candidate in live.Index())
            {
                candidate.Item.Extend(candidate.Index, values.Slice(candidate.Index * classes, classes), width);
            }

            for (var i = 0; i < beams.Length; i++)
            {
                if (!beams[i][0].HasEnded)
                {
                    // A stable sort: candidates of equal score stay in the order of their predecessors.
                    beams[i] = [.. beams[i].SelectMany(c => c.HasEnded ? [c] : c.Extensions).OrderByDescending(c => c.Worth).Take(width)];
                }
            }

            state = [.. next.Select(s => s.MoveToOuterDisposeScope())];
        }

        return beams.Select(b => b[0].Words is [.. var words, WordVocabulary.End] ? words : b[0].Words);
    }

    private sealed record Candidate(double Worth, int[] Words, int Row, bool HasEnded)
    {
        public List<Candidate> Extensions { get; } = [];

        /// <summary>Extends the candidate with the most likely words; of equally likely ones, the lower index comes first.</summary>
        public void Extend(int row, ReadOnlySpan<float> logarithms, int width)
        {
            Span<int> best = stackalloc int[MaxWidth];
            var count = 0;
            for (var word = 0; word < logarithms.Length; word++)
            {
                var place = count;
                while (place > 0 && logarithms[word] > logarithms[best[place - 1]])
                {
                    place--;
                }

                if (place < width)
                {
                    count = Math.Min(count + 1, width);
                    for (var i = count - 1; i > place; i--)
                    {
                        best[i] = best[i - 1];
                    }

                    best[place] = word;
                }
            }

            foreach (var word in best[..count])
            {
                Extensions.Add(new(Worth + logarithms[word], [.. Words, word], row, word == WordVocabulary.End));
            }
        }
    }
}
