namespace Dsd.Data.Tests.Speech;

public class CtcDecoderTests
{
    private static readonly BeamSettings s_everything = new(width: 4096, leastProbability: 0);

    [Theory]
    [InlineData("0 0 0", "")]
    [InlineData("1 1 1", "1")]
    [InlineData("1 0 1", "1 1")]
    [InlineData("0 1 1 2 0 2 2 1", "1 2 2 1")]
    public void Greedy_MergesNeighboursAndDropsBlanks(string path, string expected)
    {
        var steps = path.Split(' ').Select(int.Parse).ToArray();
        var rows = steps.SelectMany(s => Enumerable.Range(0, 3).Select(c => MathF.Log(c == s ? 0.9f : 0.05f))).ToArray();
        Assert.Equal(expected, string.Join(' ', CtcDecoder.Greedy(rows, 3)));

        // So sure a network leaves no beam, however narrow, another choice.
        Assert.Equal(expected, string.Join(' ', CtcDecoder.Beam(rows, 3, new(width: 1)).Characters));
    }

    [Fact]
    public void Beam_AnySmallScores_IsTheLikeliestTranscriptOfAllPaths()
    {
        for (var trial = 0; trial < 200; trial++)
        {
            var (steps, classes) = (1 + (trial % 5), 2 + (trial % 3));
            var rows = Scores(trial, steps, classes);
            var sums = Enumerate(rows, steps, classes);
            var (characters, logProbability) = CtcDecoder.Beam(rows, classes, s_everything);
            var best = sums.MaxBy(s => s.Value);

            Assert.Equal(1, sums.Values.Sum(), 1e-5);
            Assert.Equal(best.Value, Math.Exp(logProbability), 1e-5);
            Assert.Equal(best.Value, sums[string.Join(' ', characters)], 1e-6);
            Assert.True(sums[string.Join(' ', CtcDecoder.Greedy(rows, classes))] <= Math.Exp(logProbability) + 1e-6);
            Assert.True(CtcDecoder.Beam(rows, classes, new(width: 1, leastProbability: 0)).LogProbability <= logProbability + 1e-6);
        }
    }

    [Fact]
    public void Beam_WithALanguageModel_IsTheBestOfAllByTheSumOfBoth()
    {
        var alphabet = new SpeechAlphabet("ab");
        var language = CharacterNGram.Learn(["ab", "abab", "b"], alphabet, 3);
        var settings = new BeamSettings(4096, languageWeight: 0.8, characterBonus: 0.3, leastProbability: 0);
        for (var trial = 0; trial < 100; trial++)
        {
            var rows = Scores(trial, 4, 3);
            double Rank(string text, double p)
            {
                var rank = Math.Log(p);
                for (var i = 0; i < text.Length; i++)
                {
                    rank += (0.8 * language.LogProbabilities(text[..i])[alphabet.Characters.IndexOf(text[i]) + 1]) + 0.3;
                }

                return rank + (0.8 * language.LogProbabilities(text)[0]);
            }

            var best = Enumerate(rows, 4, 3).Select(s => (Text: alphabet.Decode(s.Key.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)), s.Value)).MaxBy(s => Rank(s.Text, s.Value));
            var (characters, logProbability) = CtcDecoder.Beam(rows, 3, settings, language);
            Assert.Equal(best.Text, alphabet.Decode(characters));
            Assert.Equal(best.Value, Math.Exp(logProbability), 1e-5);
        }
    }

    [Fact]
    public void Decode_NoRowsOrBrokenRows()
    {
        Assert.Empty(CtcDecoder.Greedy([], 3));
        Assert.Equal(0, CtcDecoder.Beam([], 3).LogProbability);
        Assert.Throws<ArgumentException>(() => CtcDecoder.Greedy(new float[4], 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => CtcDecoder.Beam(new float[4], 1));
        Assert.Contains("Step 1", Assert.Throws<ArgumentException>(() => CtcDecoder.Beam([0, -9, float.NaN, float.NaN], 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new BeamSettings(width: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BeamSettings(languageWeight: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BeamSettings(characterBonus: double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BeamSettings(leastProbability: 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void NGram_EveryDistribution_SumsToOne(int order)
    {
        var alphabet = new SpeechAlphabet(" abc");
        var model = CharacterNGram.Learn(["a ba", "abba", "b", ""], alphabet, order);
        foreach (var history in new[] { "", "a", "ab", "abb", "abba", "ccc", "a b", "aaaaaaaa", "c" })
        {
            var probabilities = model.LogProbabilities(history).Select(Math.Exp).ToArray();
            Assert.Equal(5, probabilities.Length);
            Assert.Equal(1, probabilities.Sum(), 1e-12);
            Assert.All(probabilities, p => Assert.True(p > 0));
        }
    }

    [Fact]
    public void NGram_SmallExample_IsAsCountedByHand()
    {
        // After nothing: a 2, b 1, end 2 of 5, three kinds, all mixed with 1/3: a (2 + 3/3)/8, b (1 + 1)/8, end 3/8.
        var model = CharacterNGram.Learn(["ab", "a"], new("ab"), 2);
        Assert.Equal([3.0 / 8, 3.0 / 8, 2.0 / 8], CharacterNGram.Learn(["ab", "a"], new("ab"), 1).LogProbabilities("b").Select(p => Math.Round(Math.Exp(p), 9)));

        // After a: b once, end once, two kinds: a (2·3/8)/4, b (1 + 2·2/8)/4, end (1 + 2·3/8)/4.
        Assert.Equal([1.75 / 4, 0.75 / 4, 1.5 / 4], model.LogProbabilities("ba").Select(p => Math.Round(Math.Exp(p), 9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => CharacterNGram.Learn(["a"], new("a"), 0));
        Assert.Throws<ArgumentException>(() => model.LogProbabilities("x"));
    }

    private static float[] Scores(int seed, int steps, int classes)
    {
        var random = CounterRandom.For(seed, "scores");
        return [.. Enumerable.Range(0, steps).SelectMany(t =>
        {
            var row = Enumerable.Range(0, classes).Select(c => Math.Exp(2 * random.Normal((t * classes) + c))).ToArray();
            return row.Select(v => (float)Math.Log(v / row.Sum()));
        })];
    }

    /// <summary>The probability of every transcript, path by path.</summary>
    private static Dictionary<string, double> Enumerate(float[] rows, int steps, int classes)
    {
        var sums = new Dictionary<string, double>();
        for (var code = 0; code < Math.Pow(classes, steps); code++)
        {
            var (rest, last, p, text) = (code, 0, 0.0, new List<int>());
            for (var t = 0; t < steps; t++)
            {
                var c = rest % classes;
                rest /= classes;
                p += rows[(t * classes) + c];
                if (c != 0 && c != last)
                {
                    text.Add(c);
                }

                last = c;
            }

            var key = string.Join(' ', text);
            sums[key] = sums.GetValueOrDefault(key) + Math.Exp(p);
        }

        return sums;
    }
}
