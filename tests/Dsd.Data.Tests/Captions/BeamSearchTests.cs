using System.Runtime.CompilerServices;
using Dsd.Models;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Captions;

public class BeamSearchTests
{
    static BeamSearchTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Fact]
    public void Captions_GreedyGoesWrong_AWiderBeamFindsTheLikelierCaption()
    {
        // The likeliest first word is 1 (0.6), but all that follows it is 1/3 each; after 2 (0.4) the end is certain.
        using var network = Told((_, words) => words switch
        {
            [] => Log(0.0001, 0.6, 0.4),
            [2] => Log(1, 1e-9, 1e-9),
            _ => Log(1, 1, 1),
        });
        using var features = zeros(2, 4);
        Assert.Equal([[1], [1]], BeamSearch.Captions(network, features, 1, 20));
        Assert.Equal([[2], [2]], BeamSearch.Captions(network, features, 2, 20));
    }

    [Property(MaxTest = 30)]
    public void Captions_WideEnough_FindsTheBestOfAllCaptions(int seed)
    {
        // Captions of at most three words out of two and the end: 15 in all, counting those that are broken off.
        using var network = Told((image, words) => Random(seed + (int)image, words));
        using var features = arange(3, dtype: ScalarType.Float32).reshape(3, 1);
        var found = BeamSearch.Captions(network, features, 27, 3);
        for (var image = 0; image < 3; image++)
        {
            var (best, _) = All([], 0, seed + image).MaxBy(c => c.Worth);
            Assert.Equal(best, found[image]);
        }
    }

    [Property(MaxTest = 30)]
    public void Captions_WidthOne_TakesTheLikeliestWordEachTime(int seed)
    {
        using var network = Told((image, words) => Random(seed + (int)image, words));
        using var features = arange(3, dtype: ScalarType.Float32).reshape(3, 1);
        var expected = Enumerable.Range(0, 3).Select(image =>
        {
            List<int> words = [];
            while (words.Count < 5)
            {
                var scores = Random(seed + image, [.. words]);
                var next = Array.IndexOf(scores, scores.Max());
                if (next == 0)
                {
                    break;
                }

                words.Add(next);
            }

            return words.ToArray();
        });
        Assert.Equal(expected, BeamSearch.Captions(network, features, 1, 5));
    }

    [Fact]
    public void Captions_AllAsLikely_TakesTheLowestNumbers()
    {
        // The end is the lowest number; where it cannot come, the first word is.
        using var even = Told((_, _) => [0, 0, 0]);
        using var endless = Told((_, _) => [-1e9f, 0, 0]);
        using var features = zeros(1, 1);
        foreach (var width in new[] { 1, 2, 7 })
        {
            Assert.Equal([[]], BeamSearch.Captions(even, features, width, 4));
            Assert.Equal([[1, 1, 1, 1]], BeamSearch.Captions(endless, features, width, 4));
        }
    }

    [Fact]
    public void Captions_ManyImages_GivesEachWhatItGetsAlone()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var network = new NeuralTalk(6, 9, 0.05);
        network.eval();
        var features = 20 * randn(150, 6);
        foreach (var width in new[] { 1, 5 })
        {
            var together = BeamSearch.Captions(network, features, width, 6);
            Assert.Equal(150, together.Count);
            Assert.True(together.Select(c => string.Join(' ', c)).Distinct().Count() > 3);
            for (var i = 0; i < 150; i += 29)
            {
                Assert.Equal(together[i], BeamSearch.Captions(network, features[i..(i + 1)], width, 6)[0]);
            }
        }
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(101, 5)]
    [InlineData(1, 0)]
    public void Captions_NumberOutsideItsRange_Throws(int width, int most)
    {
        using var network = Told((_, _) => [0, 0, 0]);
        using var features = zeros(1, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => BeamSearch.Captions(network, features, width, most));
    }

    private static TinyCaptions.Told Told(Func<float, int[], float[]> scores) => new(3, scores);

    private static float[] Log(params double[] weights) => [.. weights.Select(w => (float)Math.Log(w))];

    private static float[] Random(int seed, int[] words)
    {
        var random = CounterRandom.For(seed, "scores", words.Aggregate(1, (sum, w) => (3 * sum) + w));
        return [.. Enumerable.Range(0, 3).Select(i => (float)(2 * random.Normal(i)))];
    }

    private static IEnumerable<(int[] Words, double Worth)> All(int[] words, double worth, int seed)
    {
        if (words.Length == 3)
        {
            return [(words, worth)];
        }

        var scores = Random(seed, words);
        var sum = Math.Log(scores.Sum(s => Math.Exp(s)));
        return Enumerable.Range(0, 3).SelectMany(w => w == 0 ? [(words, worth + scores[0] - sum)] : All([.. words, w], worth + scores[w] - sum, seed));
    }
}
