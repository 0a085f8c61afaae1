using System.Runtime.InteropServices;
using Dsd.Optimizers;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The extraction of image features: the outputs of a layer of an image network.</summary>
/// <remarks>Works with any image network, without changes: it is run in evaluation mode, and each layer's own mode is restored afterwards.</remarks>
internal static class FeatureExtractor
{
    private const int BatchSize = 100;

    /// <summary>Runs a network over images and collects the outputs of one of its layers.</summary>
    /// <param name="network">The network, on the CPU.</param>
    /// <param name="layer">The layer's name as the network lists it, e.g. <c>"fc1"</c>; a layer with one input and one output tensor.</param>
    /// <param name="data">The data set whose means and deviations normalise the network's images.</param>
    /// <param name="images">The images; at least one.</param>
    /// <param name="rectify">True to replace negative values by 0, as the layer's ReLU would. Default true, as for the usual VGG features of captions.</param>
    /// <returns>The concatenated features and the length of each: all outputs of the layer for an image.</returns>
    /// <exception cref="DsdException">The network has no such layer; the message lists its layers.</exception>
    /// <exception cref="ArgumentException">There is no image, the images and the data differ in channels, or the network does not run the layer.</exception>
    public static (float[] Features, int Width) Extract(nn.Module<Tensor, Tensor> network, string layer, ImageDataset data, ImageSplit images, bool rectify = true)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count == 0 || images.Channels != data.Train.Channels)
        {
            throw new ArgumentException($"Got {images.Count} images of {images.Channels} channels; expected at least one image of {data.Train.Channels} channels.", nameof(images));
        }

        TorchRuntime.Configure();
        var layers = network.named_modules().Where(m => m.module is nn.Module<Tensor, Tensor>).ToDictionary(m => m.name, m => (nn.Module<Tensor, Tensor>)m.module);
        var module = layers.GetValueOrDefault(layer) ?? throw DsdException.UnknownName(
            $"{network.GetName()} has no layer '{layer}' with one input and one output tensor.", layer, layers.Keys, layers.Count == 0 ? "It has none at all." : null);
        float[]? kept = null;
        var remove = module.register_forward_hook((_, _, output) =>
        {
            // A copy, since later layers may change the output in place, and free it.
            using var scope = NewDisposeScope();
            kept = (rectify ? output.relu() : output).data<float>().ToArray();
            return output;
        }).remove;
        var modes = network.modules().Prepend(network).Select(m => (Module: m, m.training)).ToList();
        network.eval();
        try
        {
            return Run();
        }
        finally
        {
            remove();

            // Parents come first: setting a mode sets it for all children.
            modes.ForEach(m => m.Module.train(m.training));
        }

        (float[], int) Run()
        {
            using var quiet = no_grad();
            var writer = new ImageWriter(data, images);
            var features = Array.Empty<float>();
            var width = 0;
            for (var start = 0; start < images.Count; start += BatchSize)
            {
                using var scope = NewDisposeScope();
                var count = Math.Min(BatchSize, images.Count - start);
                var input = empty(count, images.Channels, images.Height, images.Width);
                var pixels = MemoryMarshal.Cast<byte, float>(input.bytes);
                for (var i = 0; i < count; i++)
                {
                    writer.Write(start + i, pixels.Slice(i * images.PixelsPerImage, images.PixelsPerImage));
                }

                network.call(input);
                var output = kept ?? throw new ArgumentException($"{network.GetName()} does not run its layer '{layer}'.", nameof(layer));
                if (features.Length == 0)
                {
                    width = output.Length / count;
                    features = new float[checked(images.Count * width)];
                }

                output.CopyTo(features, start * width);
            }

            return (features, width);
        }
    }
}
