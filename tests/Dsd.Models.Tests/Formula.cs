using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

/// <summary>The numbers of Fixtures/reference.py, bit by bit: hashes of a tensor's place in a network and a number's place in the tensor.</summary>
internal static class Formula
{
    private const uint ImagesPlace = 65535;

    /// <summary>Fills a network.</summary>
    /// <param name="model">The network.</param>
    /// <param name="places">The place of each tensor by name.</param>
    public static void Fill(nn.Module model, IReadOnlyDictionary<string, int> places)
    {
        using var quiet = no_grad();
        foreach (var (name, tensor) in model.state_dict())
        {
            var own = name[(name.LastIndexOf('.') + 1)..];
            var (offset, scale) = own switch
            {
                "running_var" => (1f, 1f),
                "running_mean" => (0.1f, 0.4f),
                _ when tensor.dim() > 1 => (0f, (float)Math.Sqrt(24.0 / (tensor.numel() / tensor.size(0)))),
                "weight" => (1f, 0.5f),
                _ => (0f, 0.2f),
            };
            if (own == "num_batches_tracked")
            {
                tensor.fill_(places[name]);
            }
            else
            {
                Fill(MemoryMarshal.Cast<byte, float>(tensor.bytes), (uint)places[name], offset, scale);
            }
        }
    }

    /// <summary>Two images of three channels.</summary>
    public static Tensor Images(int side)
    {
        var images = empty(2, 3, side, side);
        Fill(MemoryMarshal.Cast<byte, float>(images.bytes), ImagesPlace, 0, (float)Math.Sqrt(12));
        return images;
    }

    private static void Fill(Span<float> values, uint place, float offset, float scale)
    {
        var start = unchecked((place * 0x9E3779B1u) + 0x27220A95u);
        for (var i = 0; i < values.Length; i++)
        {
            var h = unchecked(((uint)i * 0x85EBCA77u) + start);
            h = unchecked((h ^ (h >> 16)) * 0x7FEB352Du);
            h = unchecked((h ^ (h >> 15)) * 0x846CA68Bu);
            h ^= h >> 16;
            values[i] = offset + (scale * (((h >> 8) * (1f / (1 << 24))) - 0.5f));
        }
    }
}
