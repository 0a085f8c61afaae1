using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The scores of captions of the train split on another split, without a network.</summary>
internal static class CaptionBaselines
{
    private const int Block = 500;

    /// <summary>Computes the baselines of a non-empty split.</summary>
    public static ValueList<(string Name, ValueList<MetricValue> Metrics)> Of(CaptionDataset data, CaptionSplit part)
    {
        // The images after that of the last pair have no caption with a known word.
        var known = data.Pairs(DataSplit.Train)[^1].Image + 1;
        var captions = data.Train.Images.Take(known).SelectMany(i => i.Captions).ToList();
        var frequent = captions.GroupBy(c => string.Join(' ', c)).MaxBy(g => g.Count())!.First();
        List<(string Name, ValueList<MetricValue> Metrics)> baselines =
        [
            ("most frequent caption", data.Measure([.. part.Images.Select(_ => frequent)], part).ToValueList()),
            Nearest("nearest image by feature", data.Train.FeatureWidth, (from, i, row) => from.Feature(i).CopyTo(row)),
        ];
        if (data.Train.Pixels is { } pixels && part.Pixels is not null)
        {
            baselines.Add(Nearest("nearest image by pixels", pixels.PixelsPerImage, (from, i, row) =>
            {
                var image = from.Pixels!.Image(i);
                for (var p = 0; p < row.Length; p++)
                {
                    row[p] = image[p] / 255f;
                }
            }));
        }

        return baselines.ToValueList();

        (string Name, ValueList<MetricValue> Metrics) Nearest(string name, int width, Reader read)
        {
            using var scope = NewDisposeScope();
            using var quiet = no_grad();
            var train = Rows(data.Train, 0, known);
            var centre = train.mean([0], keepdim: true);
            train.sub_(centre);
            var lengths = train.square().sum(1);
            var nearest = new List<IReadOnlyList<string>>();
            for (var start = 0; start < part.Count; start += Block)
            {
                using var block = NewDisposeScope();
                var rows = Rows(part, start, Math.Min(Block, part.Count - start)).sub_(centre);

                // The term of |a − b|² that depends on the train image.
                var distances = lengths - (2 * rows.mm(train.t()));
                nearest.AddRange(distances.argmin(1).data<long>().ToArray().Select(i => data.Train.Images[(int)i].Captions[0]));
            }

            return (name, data.Measure(nearest, part).ToValueList());

            Tensor Rows(CaptionSplit from, int start, int count)
            {
                // In blocks, since TorchSharp gives at most 2 GB of a tensor at once.
                var all = empty(count, width);
                for (var first = 0; first < count; first += Block)
                {
                    using var block = NewDisposeScope();
                    var some = empty(Math.Min(Block, count - first), width);
                    var target = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(some.bytes);
                    for (var i = 0; i < some.shape[0]; i++)
                    {
                        read(from, start + first + i, target.Slice(i * width, width));
                    }

                    all.narrow(0, first, some.shape[0]).copy_(some);
                }

                return all;
            }
        }
    }

    private delegate void Reader(CaptionSplit from, int index, Span<float> row);
}
