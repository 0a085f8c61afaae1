using Dsd.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Captions;

/// <summary>Small data of captions made up for the tests, and a network that knows what it must say.</summary>
internal static class TinyCaptions
{
    public static readonly string[] Things = ["cat", "dog", "bird", "fish"];

    /// <summary>Images of one thing each, its number the feature's only 1.</summary>
    public static CaptionSplit Split(string name, int count, params string[] more) => new(
        [.. Enumerable.Range(0, count).SelectMany(i => Enumerable.Range(0, Things.Length).Select(f => f == i % Things.Length ? 1f : 0f))],
        Things.Length,
        [.. Enumerable.Range(0, count).Select(i => Image($"{name}{i}", [$"a {Things[i % Things.Length]} is here", $"here is a {Things[i % Things.Length]}", .. more]))]);

    public static CaptionedImage Image(string name, params string[] captions) =>
        new(name, [.. captions.Select(c => c.Split(' ', StringSplitOptions.RemoveEmptyEntries))]);

    public static CaptionDataset Dataset(int train = 12, int validation = 4, int test = 5, int? trainLimit = null) =>
        new("tiny", Split("train", train), Split("validation", validation), Split("test", test), threshold: 2, trainLimit: trainLimit);

    /// <summary>A network whose scores are a function of the words so far and the image's first number.</summary>
    public sealed class Told(int classes, Func<float, int[], float[]> scores) : nn.Module<Tensor, Tensor, Tensor>("told"), ICaptioner
    {
        private const int Room = 24;

        public override Tensor forward(Tensor features, Tensor words)
        {
            var (rows, length) = ((int)words.size(0), (int)words.size(1));
            return stack(Enumerable.Range(0, rows).Select(i => stack(Enumerable.Range(1, length).Select(t => tensor(
                scores(features[i, 0].item<float>(), [.. words[i, 1..t].data<long>().ToArray().Select(w => (int)w)]))))));
        }

        // The state: the image's number, how many words there were, and these.
        public Tensor[] Begin(Tensor features) => [cat([features.slice(1, 0, 1, 1), full([features.size(0), 1], -1f), zeros(features.size(0), Room)], 1)];

        public (Tensor Scores, Tensor[] State) Next(Tensor words, Tensor[] state)
        {
            var next = state[0].clone();
            var rows = new List<Tensor>();
            for (var i = 0; i < words.size(0); i++)
            {
                var length = (int)next[i, 1].item<float>() + 1;
                next[i, 1] = length;
                if (length > 0)
                {
                    next[i, 1 + length] = words[i].item<long>();
                }

                int[] soFar = [.. Enumerable.Range(1, length).Select(t => (int)next[i, 1 + t].item<float>())];
                rows.Add(tensor(scores(next[i, 0].item<float>(), soFar)));
            }

            Assert.Equal(classes, rows[0].size(0));
            return (stack(rows), [next]);
        }
    }
}
