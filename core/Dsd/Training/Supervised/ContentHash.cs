using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Dsd.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Hashes the content of examples: types, shapes and bits of their inputs and targets, in order.</summary>
internal static class ContentHash
{
    /// <summary>Returns the size and hash of batches; each batch is disposed of.</summary>
    public static DataInventory.Entry Of(IEnumerable<(int First, Tensor Inputs, Tensor Targets)> batches)
    {
        using var inputs = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var targets = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = 0L;
        foreach (var (first, input, target) in batches)
        {
            using (input)
            using (target)
            {
                bytes += Add(inputs, input, first == 0) + Add(targets, target, first == 0);
            }
        }

        // Inputs and targets are hashed separately, so that the hash does not depend on where batches end.
        inputs.AppendData(targets.GetHashAndReset());
        return new("examples", bytes, Convert.ToHexStringLower(inputs.GetHashAndReset()));
    }

    private static long Add(IncrementalHash hash, Tensor tensor, bool isFirst)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        if (isFirst)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.dtype} [{string.Join(", ", tensor.shape.Skip(1))}]\n"));
        }

        var here = tensor.detach().cpu().contiguous();
        var bytes = here.bytes;
        hash.AppendData(bytes);
        return bytes.Length;
    }
}
