using Dsd.Checkpoints;
using Dsd.Masks;
using Dsd.Runs;

namespace Dsd.Training;

/// <summary>Reads the given masks of a run from their weight files.</summary>
internal static class MaskFiles
{
    /// <summary>Adds the masks of a run to its methods.</summary>
    /// <param name="config">The run.</param>
    /// <param name="methods">The methods; masks that they have under a name of the run take the place of its file.</param>
    /// <param name="source">The words before a file in messages, by the name of its masks. Default: the field of the run.</param>
    /// <exception cref="DsdException">A file is missing, unreadable, or holds no mask; the message has one line for each.</exception>
    public static MaskMethods Read(RunConfig config, MaskMethods? methods = null, Func<string, string>? source = null)
    {
        methods ??= MaskMethods.None;
        var problems = new List<string>();
        foreach (var (name, path) in config.Masks.Where(m => !methods.Masks.ContainsKey(m.Key)).ToList())
        {
            try
            {
                var masks = Path.Exists(path) ? WeightFile.Masks(path) : throw new DsdException($"{path}: there is no such file.");
                methods = masks.Count > 0 ? methods.WithMasks(name, masks) : throw new DsdException($"{path}: it holds no masks. The weights at the end of a sparse phase do, such as runs/NAME/dsd/2-sparse.safetensors; 'dsd inspect' shows what a file holds.");
            }
            catch (DsdException e)
            {
                problems.Add((source ?? (n => $"masks.{n}: "))(name) + e.Message);
            }
        }

        return problems.Count == 0 ? methods : throw new DsdException(string.Join('\n', problems));
    }
}
