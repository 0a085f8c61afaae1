using Dsd.Masks;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>Saves a model's parameters and buffers as a .safetensors file, with masks if there are any, and loads them back.</summary>
/// <remarks>
/// The file holds no code, so reading one cannot run any. Python's safetensors opens it: weights have the model's names, and the mask of a parameter is
/// the boolean tensor <c>dsd/mask/PARAMETER</c> in its shape, true where a weight is kept.
/// </remarks>
public static class WeightFile
{
    private const string FormatKey = "format";

    /// <summary>Saves a model; the file is either complete or absent.</summary>
    /// <param name="model">The model, on any device.</param>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="ArgumentException">A name of the model is one of the format's own.</exception>
    /// <exception cref="DsdException">A tensor has a type that the format does not have.</exception>
    /// <exception cref="IOException">The file cannot be written; an existing one is unchanged.</exception>
    public static void Save(nn.Module model, string path) => Save(model, path, null);

    /// <summary>Saves a model with its masks; the file is either complete or absent.</summary>
    /// <param name="model">The model, on any device.</param>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="masks">Masks by parameter, such as <c>session.Masks.Masks</c>; null for none.</param>
    /// <param name="metadata">Texts by name to store beside the tensors. Default null: none.</param>
    /// <exception cref="ArgumentException">A mask is for no parameter of the model or of another size, or a name is one of the format's own.</exception>
    /// <exception cref="DsdException">A tensor has a type that the format does not have.</exception>
    /// <exception cref="IOException">The file cannot be written; an existing one is unchanged.</exception>
    public static void Save(nn.Module model, string path, IReadOnlyDictionary<string, BitMask>? masks, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = NewDisposeScope();
        var tensors = new ModelTensors(model);
        if (metadata?.ContainsKey(FormatKey) == true)
        {
            throw new ArgumentException($"'{FormatKey}' is a name of the file format; give the text another.", nameof(metadata));
        }

        if (tensors.Names.FirstOrDefault(n => n.StartsWith(MaskTensor.Reserved, StringComparison.Ordinal)) is { } reserved)
        {
            throw new ArgumentException($"The model has '{reserved}', but names that begin with '{MaskTensor.Reserved}' are kept for masks; rename it.", nameof(model));
        }

        foreach (var (name, mask) in masks ?? new Dictionary<string, BitMask>())
        {
            if (!tensors.Has(name) || tensors[name].numel() != mask.Count)
            {
                throw new ArgumentException(FormattableString.Invariant($"The mask of '{name}' is for {mask.Count} weights, but the model has {(tensors.Has(name) ? $"({SafeTensorsHeader.Join(tensors[name].shape)}) of it" : "no parameter of this name")}."), nameof(masks));
            }
        }

        SafeTensorsFile.Write(path, [.. Weights(tensors), .. MasksOf(tensors, masks)], [.. SharedPlaces(tensors), .. metadata ?? new Dictionary<string, string>()]);

        // The finaliser of a model that nobody refers to any more disposes of its tensors.
        GC.KeepAlive(model);
    }

    /// <summary>Loads a file into a model whose parameters and buffers have the same names and shapes.</summary>
    /// <remarks>
    /// Numbers of another floating-point format are converted to the model's. A prefix <c>module.</c> or <c>_orig_mod.</c> of all names, from PyTorch's
    /// DataParallel and compile, is removed; masks and all else that a name beginning with <c>dsd/</c> marks is not weights. If a file has none of the batch
    /// counts that norms keep (<c>num_batches_tracked</c>), such as files from before PyTorch 0.4.1, they start at 0, as in PyTorch.
    /// </remarks>
    /// <param name="model">The model, on any device; it is not changed unless the whole file fits.</param>
    /// <param name="path">The .safetensors file, the index of its shards (<c>*.safetensors.index.json</c>), or a folder that holds one of either.</param>
    /// <param name="except">
    /// Globs on the names of parameters and buffers, such as <c>"fc.*"</c>, to leave as they are; what the file holds for them is not used. Default null: none.
    /// </param>
    /// <returns>The list of what was loaded, converted and left.</returns>
    /// <exception cref="DsdException">
    /// The file is missing, damaged, one of <c>torch.save</c>, or made for another model (the message says what differs), or holds NaN or an infinite number (the
    /// message says where) in a parameter that is trained or in a norm's running statistics, or a number that the model's format cannot hold; or a pattern
    /// matches nothing. Frozen parameters and other buffers may hold any number, as a causal mask does.
    /// </exception>
    public static LoadedWeights Load(nn.Module model, string path, IEnumerable<string>? except = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!Path.Exists(path))
        {
            throw new DsdException($"{path}: there is no such weight file.");
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var file = SafeTensorsSet.Open(path);
        if (!CheckpointFile.IsUnaltered(file))
        {
            throw new DsdException($"{file.Path}: a damaged or altered checkpoint: its content does not have the checksum that was written with it.");
        }

        var loaded = new WeightLoading(file, model, except ?? []).Load();
        GC.KeepAlive(model);
        return loaded;
    }

    /// <summary>Reads the masks of a file by the names of their parameters; none if it holds none.</summary>
    /// <param name="path">The file, the index of its shards, or a folder that holds one of either.</param>
    /// <exception cref="DsdException">The file is missing, unreadable or damaged, or a mask is not boolean or not of its parameter's shape.</exception>
    public static IReadOnlyDictionary<string, BitMask> Masks(string path)
    {
        using var file = SafeTensorsSet.Open(path);
        return file.Names.Where(n => n.StartsWith(MaskTensor.Prefix, StringComparison.Ordinal)).ToDictionary(n => n[MaskTensor.Prefix.Length..], n => MaskTensor.Read(file, n));
    }

    /// <summary>Reads the texts that a file holds beside its tensors, by name.</summary>
    /// <param name="path">The file, the index of its shards, or a folder that holds one of either.</param>
    /// <exception cref="DsdException">The file is missing, unreadable or damaged.</exception>
    public static IReadOnlyDictionary<string, string> Metadata(string path)
    {
        using var file = SafeTensorsSet.Open(path);
        return file.Metadata;
    }

    /// <summary>Lists the tensors of a file by name with their sizes, without reading their values.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DsdException">The file is missing, unreadable or damaged.</exception>
    public static IReadOnlyDictionary<string, ValueList<long>> Shapes(string path)
    {
        using var file = SafeTensorsSet.Open(path);
        return file.Names.ToDictionary(n => n, n => file[n].Shape);
    }

    /// <summary>Reads one tensor of a file, without checking its values.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The tensor's name.</param>
    /// <returns>The tensor in its own type, on the CPU; the caller owns it.</returns>
    /// <exception cref="DsdException">The file is missing, unreadable or damaged, or holds no tensor of this name.</exception>
    public static Tensor ReadTensor(string path, string name)
    {
        using var file = SafeTensorsSet.Open(path);
        return file.Names.Contains(name)
            ? file.Read(name)
            : throw new DsdException($"{path}: it holds no tensor '{name}'; it holds {string.Join(", ", file.Names.Take(8))}.");
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> Weights(ModelTensors tensors) => tensors.Owners.Select(n => KeyValuePair.Create(n, tensors[n]));

    private static IEnumerable<KeyValuePair<string, Tensor>> MasksOf(ModelTensors tensors, IReadOnlyDictionary<string, BitMask>? masks) =>
        (masks ?? new Dictionary<string, BitMask>()).Select(m => KeyValuePair.Create(MaskTensor.Prefix + m.Key, MaskTensor.Of(m.Value, tensors[m.Key].shape)));

    /// <summary>The further places of shared parameters, each with the name that the file has: as safetensors.torch writes and reads them.</summary>
    private static IEnumerable<KeyValuePair<string, string>> SharedPlaces(ModelTensors tensors) =>
        tensors.Names.Where(n => tensors.OwnerOf(n) != n).Select(n => KeyValuePair.Create(n, tensors.OwnerOf(n)));
}
