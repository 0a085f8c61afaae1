using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>A hash of a checkpoint: two trials with the same hash were forked from the same weights, optimiser and random state.</summary>
internal static class CheckpointHash
{
    public static string Of(TrainingState snapshot)
    {
        using var guard = no_grad();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, tensor) in snapshot.Model.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            Add(tensor);
        }

        foreach (var tensor in snapshot.Session.Optimizer.SelectMany(o => o.Fields.Values).OfType<Tensor>())
        {
            Add(tensor);
        }

        Add(snapshot.RandomState);
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];

        void Add(Tensor tensor)
        {
            using var plain = tensor.detach().cpu().contiguous();
            if (plain.numel() > 0)
            {
                hash.AppendData(plain.bytes);
            }
        }
    }
}
