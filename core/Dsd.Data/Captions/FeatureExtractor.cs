using System.Runtime.InteropServices;
using Dsd.Optimizers;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>Features of images: what a layer of a network for images gives for each.</summary>
/// <remarks>Any of the networks for images will do, as it is: it is run in evaluation mode, and each of its layers has its own mode again afterwards.</remarks>
public static class FeatureExtractor
{
    private const int BatchSize = 100;

    /// <summary>Runs a network over images and keeps what one of its layers gives.</summary>
    /// <param name="network">The network, on the CPU.</param>
    /// <param name="layer">The layer's name as the network lists it, e.g. <c>"fc1"</c>; a layer from one tensor to one.</param>
    /// <param name="data">Gives the means and deviations by which the network's images are normalised.</param>
    /// <param name="images">The images; at least one.</param>
    /// <param name="rectify">Whether negative numbers become 0, as after the layer's rectifier. Default true: so are the features of VGG that captions are usually learnt from.</param>
    /// <returns>The features one after the other and the numbers in each: all that the layer gives for an image.</returns>
    /// <exception cref="DsdException">The network has no such layer; the message says which it has.</exception>
    /// <exception cref="ArgumentException">There is no image, the images have another number of channels than the data, or the network does not run its layer.</exception>
    public static (float[] Features, int Width) Extract(nn.Module<Tensor, Tensor> network, string layer, ImageDataset data, ImageSplit images, bool rectify = true)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count == 0 || images.Channels != data.Train.Channels)
        {
            throw new ArgumentException($"There are {images.Count} images of {images.Channels} channels; at least one of {data.Train.Channels} is needed.", nameof(images));
        }

        CpuBackend.Prepare();
        var layers = network.named_modules().Where(m => m.module is nn.Module<Tensor, Tensor>).ToDictionary(m => m.name, m => (nn.Module<Tensor, Tensor>)m.module);
        var module = layers.GetValueOrDefault(layer) ?? throw new DsdException(
            $"{network.GetName()} has no layer '{layer}' that gives one tensor for one. {(layers.Count == 0 ? "It has none at all." : NearestNames.Sentence(layer, layers.Keys))}");
        float[]? kept = null;
        var remove = module.register_forward_hook((_, _, output) =>
        {
            // A copy, since what comes after the layer may change its output in place, and frees it.
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

            // Those that hold others come first: a mode is set for all within.
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
