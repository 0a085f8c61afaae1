using System.Globalization;
using Dsd.Statistics;

namespace Dsd.Examples.Tests;

/// <summary>notebooks/evidence/methods/README.md says what its trials say.</summary>
public class MethodOrderTests
{
    private const string Folder = "notebooks/evidence/methods";

    private static readonly (string First, string Second)[] s_orders =
        [("rigl", "set"), ("set", "random-erk"), ("rigl", "random-erk"), ("random-erk", "random-uniform"), ("gradual", "one-shot"), ("ticket", "ticket-redrawn")];

    [Theory]
    [InlineData("orders-lenet-300-100-whole", "## LeNet-300-100, 55,000 images")]
    [InlineData("orders-lenet-300-100", "## LeNet-300-100, 12,800 images")]
    [InlineData("orders-resnet-20", "## ResNet-20")]
    public void Accuracies_OnThePage_AreThoseOfTheTrials(string study, string section)
    {
        var csv = new Csv(Repository.Read($"{Folder}/{study}.csv"));

        // A trial has one row for each phase; the last is its end.
        var values = csv.Rows.GroupBy(r => (Arm: csv.At(r, "arm"), Seed: csv.At(r, "seed")))
            .ToLookup(t => t.Key.Arm, t => (t.Key.Seed, Accuracy: 100 * double.Parse(csv.At(t.Last(), "accuracy"), CultureInfo.InvariantCulture)));
        var page = Repository.Read($"{Folder}/README.md").Split(section, 2)[1].Split("\n## ", 2)[0];
        foreach (var (first, second) in s_orders)
        {
            var other = values[second].ToDictionary(v => v.Seed, v => v.Accuracy);
            var difference = PairedDifference.Between(values[first].Select(v => (v.Accuracy, other[v.Seed])));
            var (low, high) = difference.Interval!.Value;
            var higher = values[first].Count(v => v.Accuracy > other[v.Seed]);
            Assert.Contains($"| {first} − {second} | 8 | {Signed(difference.Differences.Mean)} [{Signed(low)}, {Signed(high)}] | {higher} of 8 | {(low > 0 ? "holds" : high < 0 ? "reversed" : difference.Differences.Mean > 0 ? "the mean agrees" : "the mean disagrees")} |", page, StringComparison.Ordinal);
        }
    }

    private static string Signed(double value) => value.ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture);
}
