using System.Runtime.InteropServices;
using Dsd.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Finds captions that a network takes for likely, word by word, with a few candidates an image in mind.</summary>
/// <remarks>
/// As in NeuralTalk: a candidate's worth is the sum of its words' log-probabilities, its end counted as a word and its length not
/// made up for; one that has ended stays among the candidates. Of two that are worth the same, the one from the better candidate
/// before comes first, then the word of the lower number. A width of 1 takes the likeliest word each time (greedy).
/// </remarks>
public static class BeamSearch
{
    /// <summary>The most candidates an image: 100.</summary>
    public const int MaxWidth = 100;

    /// <summary>Images that are captioned together, as many as make some hundred rows.</summary>
    private const int RowsAtOnce = 512;

    /// <summary>Writes a caption for each image.</summary>
    /// <param name="network">The network, in evaluation mode.</param>
    /// <param name="features">The images' features, float32, shape (N, features), on the network's device.</param>
    /// <param name="width">How many candidates an image are kept in mind, 1 to 100.</param>
    /// <param name="mostWords">How many words a caption may have at most, its end counted, at least 1.</param>
    /// <returns>The numbers of each caption's words, without the end.</returns>
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
            throw new ArgumentOutOfRangeException(nameof(width), width, $"A search keeps 1 to {MaxWidth} candidates in mind; 1 takes the likeliest word each time.");
        }
    }

    private static IEnumerable<int[]> Search(ICaptioner network, Tensor features, int width, int mostWords)
    {
        // Each image begins with one candidate, its row in the state.
        var beams = Enumerable.Range(0, (int)features.size(0)).Select(row => new List<Candidate> { new(0, [], row, false) }).ToArray();
        var state = network.Begin(features);
        for (var step = 0; step < mostWords; step++)
        {
            // Where the best candidate has ended, none of the others can become better: a log-probability is never above 0.
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
                    // A stable order: candidates of the same worth stay in the order of where they come from.
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

        /// <summary>Goes on with the likeliest words, the lower number first where two are as likely.</summary>
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
