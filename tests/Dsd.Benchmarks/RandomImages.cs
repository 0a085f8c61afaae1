using Dsd.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>Images of noise with random classes: the shape of a data set without its files.</summary>
internal static class RandomImages
{
    private const int HeldOut = 100;

    /// <summary>A data set of so many training images and few others.</summary>
    public static ImageDataset Make(int count, int channels, int height, int width, int classes, int validation = HeldOut)
    {
        var random = new Random(1);
        return new("noise", classes, Split(count), Split(validation), Split(HeldOut));

        ImageSplit Split(int images)
        {
            var pixels = new byte[images * channels * height * width];
            random.NextBytes(pixels);
            var labels = new byte[images];
            for (var i = 0; i < images; i++)
            {
                labels[i] = (byte)random.Next(classes);
            }

            return new(pixels, labels, channels, height, width);
        }
    }

    /// <summary>The training images, normalised, as one tensor.</summary>
    public static Tensor Inputs(ImageDataset data)
    {
        using var scope = NewDisposeScope();
        var train = data.Train;
        var bytes = tensor(train.Pixels.ToArray(), [train.Count, train.Channels, train.Height, train.Width], dtype: ScalarType.Byte);
        var mean = tensor(data.Mean.Select(m => (float)(255 * m)).ToArray()).view(1, -1, 1, 1);
        var deviation = tensor(data.StandardDeviation.Select(d => (float)(255 * d)).ToArray()).view(1, -1, 1, 1);
        return bytes.to(ScalarType.Float32).sub_(mean).div_(deviation).MoveToOuterDisposeScope();
    }

    /// <summary>The classes of the training images.</summary>
    public static Tensor Labels(ImageDataset data) => tensor(data.Train.Labels.ToArray().Select(l => (long)l).ToArray());
}
