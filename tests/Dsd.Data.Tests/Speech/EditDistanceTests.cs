using System.Text.RegularExpressions;
using FsCheck.Xunit;

namespace Dsd.Data.Tests.Speech;

public class EditDistanceTests
{
    private static readonly string[] s_sclite = ["/usr/lib/sctk/bin/sclite", "/usr/bin/sclite"];

    [Theory]
    [InlineData("", "", 0, 0, 0)]
    [InlineData("abc", "abc", 0, 0, 0)]
    [InlineData("abc", "", 0, 3, 0)]
    [InlineData("", "abc", 0, 0, 3)]
    [InlineData("kitten", "sitting", 2, 0, 1)]
    [InlineData("saturday", "sunday", 1, 2, 0)]
    [InlineData("abc", "axc", 1, 0, 0)]
    [InlineData("abcd", "bcde", 0, 1, 1)]
    [InlineData("ab", "ba", 2, 0, 0)]
    [InlineData("a b", "ab", 0, 1, 0)]
    public void Characters_TruthTable(string reference, string recognised, int substitutions, int deletions, int insertions) =>
        Assert.Equal(new(substitutions, deletions, insertions, reference.Length), EditDistance.Characters(reference, recognised));

    [Theory]
    [InlineData("the cat sat", "the cat sat", 0, 0, 0, 3)]
    [InlineData("the cat sat", "the bat  sat down", 1, 0, 1, 3)]
    [InlineData("the cat sat", "cat", 0, 2, 0, 3)]
    [InlineData("", "a", 0, 0, 1, 0)]
    public void Words_TruthTable(string reference, string recognised, int substitutions, int deletions, int insertions, int length) =>
        Assert.Equal(new(substitutions, deletions, insertions, length), EditDistance.Words(reference, recognised));

    [Fact]
    public void Rate_OverManyUtterances_IsAllErrorsByAllSymbols()
    {
        var sum = EditDistance.Characters("abcd", "abcx") + EditDistance.Characters("ab", "");
        Assert.Equal(0.5, sum.Rate);
        Assert.Equal(0, default(EditCounts).Rate);
        Assert.Equal(double.PositiveInfinity, EditDistance.Characters("", "a").Rate);
        var metrics = SpeechRecognition.ErrorRates([("abc d", "abd d"), ("e", "")]);
        Assert.Equal([("CER", 2.0 / 6), ("WER", 2.0 / 3)], metrics.Select(m => (m.Name, m.Value)));
    }

    [Property(MaxTest = 300)]
    public bool Characters_IsADistance(byte[] a, byte[] b, byte[] c)
    {
        var (x, y, z) = (Text(a), Text(b), Text(c));
        var (xy, yz, xz) = (Distance(x, y), Distance(y, z), Distance(x, z));
        return xy == Distance(y, x) && xz <= xy + yz && xy == 0 == (x == y) && xy <= Math.Max(x.Length, y.Length) && xy >= Math.Abs(x.Length - y.Length);
    }

    [Property(MaxTest = 300)]
    public bool Characters_Counts_AreThoseOfAnAlignmentAndOfTheFewestEdits(byte[] a, byte[] b)
    {
        var (x, y) = (Text(a), Text(b));
        var counts = EditDistance.Characters(x, y);
        return counts.Length == x.Length && x.Length - counts.Deletions + counts.Insertions == y.Length && counts.Errors == Slow(x, y);
    }

    [SkippableFact]
    public void Align_WithScliteCosts_GivesTheCountsOfSclite()
    {
        var sclite = s_sclite.FirstOrDefault(File.Exists);
        Skip.If(sclite is null, "Needs sclite of the package sctk.");
        using var folder = new TempFolder();
        var random = CounterRandom.For(3, "sclite");
        var words = new[] { "ryba", "voda", "dům", "kam", "a" };
        var lines = Enumerable.Range(0, 60).Select(i => (Words(3 * i, 1 + random.Below(i, 9)), Words((3 * i) + 1, random.Below(i + 900, 9)))).ToList();
        File.WriteAllLines(folder["ref.trn"], lines.Select((l, i) => $"{l.Item1} (s_{i:000})"));
        File.WriteAllLines(folder["hyp.trn"], lines.Select((l, i) => $"{l.Item2} (s_{i:000})"));

        var (_, output, _) = ChildProcess.Run(folder.Root, TimeSpan.FromMinutes(1), sclite!, ["-r", "ref.trn", "trn", "-h", "hyp.trn", "trn", "-i", "rm", "-o", "pralign", "stdout", "-e", "utf-8"]);

        var scores = Regex.Matches(output, @"id: \(s_(\d+)\)\s+Scores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+)");
        Assert.Equal(lines.Count, scores.Count);
        foreach (Match score in scores)
        {
            int N(int group) => int.Parse(score.Groups[group].Value);
            var (reference, recognised) = lines[N(1)];
            var counts = EditDistance.Align<string>(reference.Split(' '), recognised.Split(' ', StringSplitOptions.RemoveEmptyEntries), substitution: 4, gap: 3);
            Assert.Equal((N(3), N(4), N(5)), ((int)counts.Substitutions, (int)counts.Deletions, (int)counts.Insertions));
        }

        string Words(int stream, int count) => string.Join(' ', Enumerable.Range(0, count).Select(j => words[random.Below((stream * 100) + j, words.Length)]));
    }

    private static string Text(byte[] bytes) => string.Concat(bytes.Take(12).Select(b => (char)('a' + (b % 3))));

    private static long Distance(string a, string b) => EditDistance.Characters(a, b).Errors;

    private static int Slow(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                table[i, j] = i == 0 ? j : j == 0 ? i
                    : Math.Min(table[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), 1 + Math.Min(table[i - 1, j], table[i, j - 1]));
            }
        }

        return table[a.Length, b.Length];
    }
}
