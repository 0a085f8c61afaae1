using System.Text.Json;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>The tensors of one .safetensors file, or of the shards that an index lists, by name; values are read one by one.</summary>
internal sealed class SafeTensorsSet : IDisposable
{
    private const string Extension = ".safetensors";
    private const string IndexEnd = ".safetensors.index.json";
    private const string DefaultName = "model";
    private const string OwnName = "weights";
    private const int MaxIndexBytes = 100_000_000;

    private readonly List<FileStream> _files = [];
    private readonly Dictionary<string, (FileStream File, SafeTensorsHeader Header)> _places = [];
    private readonly Dictionary<string, string> _metadata = [];

    private SafeTensorsSet(string path) => Path = path;

    /// <summary>The file or index that was opened.</summary>
    public string Path { get; }

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _places.Keys;

    /// <summary>The texts by name; of shards that differ in one, each under its name and file.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The type and shape of a tensor.</summary>
    public SafeTensorsHeader.Entry this[string name] => _places[name].Header.Tensors[name];

    /// <summary>Opens a .safetensors file, an index of shards, or a folder that holds one of either.</summary>
    /// <exception cref="DsdException">It is missing, unreadable or damaged, or one of torch.save.</exception>
    public static SafeTensorsSet Open(string path)
    {
        var set = new SafeTensorsSet(Directory.Exists(path) ? FileIn(path) : path);
        try
        {
            if (set.Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            {
                set.AddShards();
            }
            else
            {
                set.Add(set.Path, null);
            }

            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Returns the type of a tensor's numbers.</summary>
    /// <exception cref="DsdException">The type is not supported.</exception>
    public ScalarType TypeOf(string name) => _places[name].Header.TypeOf(name);

    /// <summary>Reads one tensor in its own type onto the CPU; the caller owns it.</summary>
    public Tensor Read(string name) => SafeTensorsFile.Read(_places[name].File, _places[name].Header, name);

    public void Dispose() => _files.ForEach(f => f.Dispose());

    private static string FileIn(string folder)
    {
        var files = Directory.GetFiles(folder).Order(StringComparer.Ordinal).ToList();
        var indices = files.Where(f => f.EndsWith(IndexEnd, StringComparison.Ordinal)).ToList();
        var weights = files.Where(f => f.EndsWith(Extension, StringComparison.Ordinal)).ToList();
        return Only(indices, DefaultName + IndexEnd) ?? (indices.Count == 0 ? Only(weights, DefaultName + Extension) ?? weights.Find(f => System.IO.Path.GetFileName(f) == OwnName + Extension) : null)
            ?? throw new DsdException(indices.Count + weights.Count == 0
                ? $"{folder}: the folder holds no {Extension} file and no *{IndexEnd}."
                : FormattableString.Invariant($"{folder}: the folder holds {Some(indices.Count, "index", "indices")} and {Some(weights.Count, Extension + " file", Extension + " files")}, and none is named {DefaultName}{(indices.Count == 0 ? $" or {OwnName}" : "")}; give one of them: {string.Join(", ", indices.Concat(weights).Take(8).Select(f => System.IO.Path.GetFileName(f)))}."));

        static string? Only(List<string> files, string usual) => files.FirstOrDefault(f => System.IO.Path.GetFileName(f) == usual) ?? (files.Count == 1 ? files[0] : null);

        static string Some(int count, string one, string many) => FormattableString.Invariant($"{count} {(count == 1 ? one : many)}");
    }

    private void Add(string path, HashSet<string>? named)
    {
        var file = SafeTensorsFile.Open(path);
        _files.Add(file);
        if (PickleFile.Refusal(file, path) is { } refusal)
        {
            throw refusal;
        }

        var header = SafeTensorsHeader.Read(file, path);
        if (named is not null && !named.SetEquals(header.Tensors.Keys))
        {
            var (lacks, more) = (named.Except(header.Tensors.Keys).Order(StringComparer.Ordinal).FirstOrDefault(), header.Tensors.Keys.Except(named).Order(StringComparer.Ordinal).FirstOrDefault());
            throw new DsdException($"{path}: not the shard that {Path} lists: {(lacks is not null ? $"it lacks {lacks}" : $"it holds {more}, which is not listed there")}. Fetch index and shards again.");
        }

        foreach (var name in header.Tensors.Keys)
        {
            _places.Add(name, (file, header));
        }

        foreach (var (key, text) in header.Metadata)
        {
            if (!_metadata.TryAdd(key, text) && _metadata[key] != text)
            {
                _metadata[$"{key} ({System.IO.Path.GetFileName(path)})"] = text;
            }
        }
    }

    /// <summary>Adds the shards of an index: <c>{"metadata": …, "weight_map": {"NAME": "FILE", …}}</c>, with files beside it.</summary>
    private void AddShards()
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        var shards = WeightMap().ToLookup(e => e.File, e => e.Name);
        if (shards.FirstOrDefault(s => s.Key.Length == 0 || s.Key.IndexOfAny(['/', '\\', '\0']) >= 0 || s.Key is "." or "..") is { } outside)
        {
            throw Unreadable($"the shard '{outside.Key}' of {outside.First()} is no name of a file beside it");
        }

        if (shards.Select(s => s.Key).Where(s => !File.Exists(System.IO.Path.Combine(folder, s))).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } missing)
        {
            throw new DsdException(FormattableString.Invariant($"{Path}: {missing.Count} of its {shards.Count} shards {(missing.Count == 1 ? "is" : "are")} not beside it: {string.Join(", ", missing.Take(4))}{(missing.Count > 4 ? " …" : "")}. Fetch them too."));
        }

        foreach (var shard in shards)
        {
            Add(System.IO.Path.Combine(folder, shard.Key), shard.ToHashSet());
        }
    }

    private List<(string Name, string File)> WeightMap()
    {
        using var file = SafeTensorsFile.Open(Path);
        if (file.Length > MaxIndexBytes)
        {
            throw Unreadable(FormattableString.Invariant($"it has {file.Length} bytes, and at most {MaxIndexBytes} are read"));
        }

        try
        {
            using var index = JsonDocument.Parse(file, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return index.RootElement.ValueKind == JsonValueKind.Object && index.RootElement.TryGetProperty("weight_map", out var map) && map.ValueKind == JsonValueKind.Object
                && map.EnumerateObject().All(e => e.Value.ValueKind == JsonValueKind.String)
                ? [.. map.EnumerateObject().Select(e => (e.Name, e.Value.GetString()!))]
                : throw Unreadable("it has no weight_map of names and files");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Unreadable("it is no JSON", e);
        }
    }

    private DsdException Unreadable(string why, Exception? cause = null) => new($"{Path}: not an index of {Extension} shards: {why}. Fetch it again.", cause);
}
