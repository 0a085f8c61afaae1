using System.Text.Json;
using Dsd.Runs;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dsd.Data.Tests.Captions;

public class BleuTests
{
    // Papineni et al., ACL 2002, section 2.1.
    private static readonly string[] s_references =
    [
        "It is a guide to action that ensures that the military will forever heed Party commands",
        "It is the guiding principle which guarantees the military forces always being under the command of the Party",
        "It is the practical guide for the army always to heed the directions of the party",
    ];

    [Theory]
    [InlineData("It is a guide to action which ensures that the military always obeys the commands of the party", 1, 17, 18)]
    [InlineData("It is to insure the troops forever hearing the activity guidebook that party direct", 1, 8, 14)]
    [InlineData("It is a guide to action which ensures that the military always obeys the commands of the party", 2, 10, 17)]
    [InlineData("It is to insure the troops forever hearing the activity guidebook that party direct", 2, 1, 13)]
    public void Of_PapinenisCandidates_HaveThePublishedPrecisions(string candidate, int n, int found, int total)
    {
        // The paper's texts differ in capitals between sentences; words are compared as they are written there, Party as party.
        var bleu = Score(candidate, [.. s_references.Select(r => r.Replace("Party", "party", StringComparison.Ordinal))]);
        Assert.Equal((found, total), (bleu.Found[n - 1], bleu.Total[n - 1]));
        Assert.Equal((double)found / total, bleu.Precision(n), 12);
    }

    [Fact]
    public void Of_SevenTimesThe_CountsNoMoreThanTheReferenceThatHasMost()
    {
        var bleu = Score("the the the the the the the", "the cat is on the mat", "there is a cat on the mat");
        Assert.Equal(2.0 / 7, bleu.Precision(1), 12);
        Assert.Equal((0L, 6L), (bleu.Found[1], bleu.Total[1]));
        Assert.Equal(0, bleu.Score(2));
    }

    [Theory]
    [InlineData("a b", 1, "a b c", "a")]
    [InlineData("a b", 4, "a b c d")]
    [InlineData("a b c d e", 4, "a b c d", "a b c d e f g")]
    [InlineData("a b c d e f", 7, "a b", "a b c d e f g")]
    [InlineData("a b c", 2, "a b", "a b c d")]
    public void ReferenceLength_IsTheClosestAndOfTwoTheShorter(string candidate, int length, params string[] references) =>
        Assert.Equal(length, Score(candidate, references).ReferenceLength);

    [Fact]
    public void BrevityPenalty_TooShort_IsTheExponential()
    {
        var bleu = Score("a b c", "a b c d e");
        Assert.Equal(Math.Exp(1 - (5.0 / 3)), bleu.BrevityPenalty, 12);
        Assert.Equal(bleu.BrevityPenalty, bleu.Score(3), 12);
        Assert.Equal(0, bleu.Score(4));
        Assert.Equal(1, Score("a b c d e f", "a b c").BrevityPenalty);
        Assert.Equal((0.0, 0.0), (Score("", "a b").BrevityPenalty, Score("", "a b").Score(1)));
    }

    [Fact]
    public void Of_CorporaOfTheFixture_EqualsNltk()
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "bleu.json")));
        foreach (var corpus in fixture.RootElement.EnumerateArray())
        {
            var bleu = Bleu.Of(
                [.. corpus.GetProperty("candidates").EnumerateArray().Select(c => Words(c.GetString()!))],
                [.. corpus.GetProperty("references").EnumerateArray().Select(r => r.EnumerateArray().Select(c => Words(c.GetString()!)).ToArray())]);
            for (var n = 1; n <= corpus.GetProperty("bleu").GetArrayLength(); n++)
            {
                Assert.Equal(corpus.GetProperty("bleu")[n - 1].GetDouble(), bleu.Score(n), 12);
            }
        }
    }

    [Property]
    public Property Score_IsAFractionThatFallsWithN() => Prop.ForAll(Corpora(), corpus =>
    {
        var bleu = Bleu.Of(corpus.Sentences, corpus.References);
        var scores = Enumerable.Range(1, 4).Select(bleu.Score).ToList();
        return scores.TrueForAll(s => s is >= 0 and <= 1) && Enumerable.Range(1, 4).All(n => bleu.Found[n - 1] <= bleu.Total[n - 1] && bleu.Precision(n) is >= 0 and <= 1);
    });

    [Property]
    public Property Score_OrderOfSentencesAndReferences_ChangesNothing() => Prop.ForAll(Corpora(), corpus =>
    {
        var turned = Bleu.Of(corpus.Sentences.Reverse().ToArray(), corpus.References.Reverse().Select(r => r.Reverse().ToArray()).ToArray());
        return turned == Bleu.Of(corpus.Sentences, corpus.References);
    });

    [Property]
    public Property Found_OneReferenceMore_IsNeverLower() => Prop.ForAll(Corpora(), corpus =>
    {
        var (few, more) = (corpus.References.Select(r => r[..1]).ToArray(), corpus.References);
        var (before, after) = (Bleu.Of(corpus.Sentences, few), Bleu.Of(corpus.Sentences, more));
        return Enumerable.Range(0, 4).All(i => after.Found[i] >= before.Found[i] && after.Total[i] == before.Total[i]);
    });

    [Property]
    public Property Score_SentencesThatAreReferences_IsOneWhereThereAreNGrams() => Prop.ForAll(Corpora(), corpus =>
    {
        var bleu = Bleu.Of([.. corpus.References.Select(r => r[^1])], corpus.References);
        return Enumerable.Range(1, 4).All(n => Math.Abs(bleu.Score(n) - (bleu.Total[n - 1] > 0 ? 1 : 0)) < 1e-12);
    });

    [Property]
    public Property Score_AWordOfNoReference_IsBelowOne() => Prop.ForAll(Corpora(), corpus =>
        Bleu.Of([.. corpus.References.Select(r => r[0].Append("x").ToArray())], corpus.References).Score(1) < 1);

    [Fact]
    public void Of_NothingToCompare_IsRefused()
    {
        Assert.Contains("at least one sentence", Assert.Throws<ArgumentException>(() => Bleu.Of([], [])).Message);
        Assert.Contains("1 sentences and 0 lists", Assert.Throws<ArgumentException>(() => Bleu.Of([["a"]], [])).Message);
        Assert.Contains("Sentence 1 has no reference", Assert.Throws<ArgumentException>(() => Bleu.Of([["a"], ["b"]], [[["a"]], []])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Score("a", "a").Score(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Score("a", "a").Precision(0));
        Assert.Equal("BLEU 100.0/100.0/0.0/0.0", Score("a b", "a b").ToString());
    }

    private static Bleu Score(string candidate, params string[] references) => Bleu.Of([Words(candidate)], [[.. references.Select(Words)]]);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Arbitrary<(string[][] Sentences, string[][][] References)> Corpora()
    {
        var word = Gen.Elements("a", "b", "c");
        Gen<string[]> Sentence(int least) => from length in Gen.Choose(least, 7) from words in word.ArrayOf(length) select words;
        var segment = from sentence in Sentence(0) from count in Gen.Choose(1, 3) from references in Sentence(1).ArrayOf(count) select (sentence, references);
        return Arb.From(from count in Gen.Choose(1, 6) from all in segment.ArrayOf(count) select (all.Select(s => s.sentence).ToArray(), all.Select(s => s.references).ToArray()));
    }
}
