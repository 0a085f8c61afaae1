using Dsd.Execution;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>Finds what of a file belongs to which parameter and buffer of a model, and loads it once all of it fits.</summary>
internal sealed class WeightLoading
{
    private const string BatchCount = ".num_batches_tracked";
    private const int MostNames = 4;

    // As DataParallel and torch.compile write them, in any order.
    private static readonly string[] s_prefixes = ["module.", "_orig_mod."];

    private readonly SafeTensorsSet _file;
    private readonly ModelTensors _model;
    private readonly string _prefix;
    private readonly HashSet<string> _inFile;
    private readonly List<string> _except;

    /// <summary>Compares a file with a model.</summary>
    /// <param name="file">The file.</param>
    /// <param name="model">The model; it is not changed here.</param>
    /// <param name="except">Patterns of the names that are left as they are.</param>
    public WeightLoading(SafeTensorsSet file, nn.Module model, IEnumerable<string> except)
    {
        _file = file;
        _model = new ModelTensors(model);
        _except = [.. except];
        var names = file.Names.Where(n => !n.StartsWith(MaskTensor.Reserved, StringComparison.Ordinal)).ToList();
        _prefix = PrefixOf(names);
        _inFile = [.. names.Select(n => n[_prefix.Length..])];
    }

    /// <summary>Loads the values.</summary>
    /// <exception cref="DsdException">They do not all fit; the model is unchanged.</exception>
    public LoadedWeights Load()
    {
        CheckPatterns();
        var left = _model.Names.Where(IsExcepted).ToList();
        var wanted = _model.Names.Except(left).ToList();
        var counts = _inFile.Any(IsBatchCount) ? [] : wanted.Where(n => IsBatchCount(n) && _model[n].dtype == ScalarType.Int64).ToList();

        // Of a parameter that a model has in two places, a file may hold either or both.
        var missing = wanted.Except(counts).Where(n => !_model.PlacesOf(n).Any(_inFile.Contains)).ToList();
        var unknown = _inFile.Where(n => !_model.Has(n) && !IsExcepted(n)).ToList();
        var present = wanted.Where(_inFile.Contains).ToList();
        var problems = new[] { Listed("the file lacks ", missing.Order(StringComparer.Ordinal)), Listed("the model lacks ", unknown.Order(StringComparer.Ordinal)), Listed("", present.Where(n => !Fits(n)).Select(Mismatch)) }.OfType<string>().ToList();
        if (problems.Count > 0)
        {
            throw new DsdException($"{_file.Path}: made for another model: {string.Join("; ", problems)}.{Advice([.. missing, .. unknown, .. present.Where(n => !Fits(n))])}");
        }

        if (present.Count == 0)
        {
            throw new DsdException($"{_file.Path}: nothing of it would be loaded: {(_inFile.Count == 0 ? "it holds no weights" : "all is excepted")}.");
        }

        CheckShared(left);
        using var scope = NewDisposeScope();
        var values = present.Select(n => (Name: n, Value: Read(n))).ToList();
        CheckPlacesAgree(values);
        foreach (var (name, value) in values)
        {
            _model[name].copy_(value);
        }

        counts.ForEach(n => _model[n].zero_());
        return new(
            _file.Path,
            _prefix,
            [.. wanted.Except(counts)],
            [.. present.Where(n => _file.TypeOf(_prefix + n) != _model[n].dtype).Select(n => new ConvertedWeight(n, _file[_prefix + n].Type, SafeTensorsHeader.NameOf(_model[n].dtype)))],
            [.. left],
            [.. counts],
            [.. _inFile.Where(IsExcepted).Order(StringComparer.Ordinal).Select(n => _prefix + n)]);
    }

    private static bool IsBatchCount(string name) => name.EndsWith(BatchCount, StringComparison.Ordinal);

    private static bool IsRunningStatistic(string name) => name.Split('.')[^1] is "running_mean" or "running_var";

    private static bool IsFloat(ScalarType type) => type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    private static string? Listed(string who, IEnumerable<string> all)
    {
        var list = all.ToList();
        return list.Count == 0 ? null : $"{who}{string.Join(", ", list.Take(MostNames))}{(list.Count > MostNames ? FormattableString.Invariant($" and {list.Count - MostNames} more") : "")}";
    }

    /// <summary>Finds the prefixes that all names of the file have and no name of the model has.</summary>
    private string PrefixOf(List<string> names)
    {
        var prefix = "";
        while (names.Count > 0 && s_prefixes.FirstOrDefault(p => names.TrueForAll(n => n.AsSpan(prefix.Length).StartsWith(p, StringComparison.Ordinal))) is { } next && !_model.Names.Any(n => n.StartsWith(next, StringComparison.Ordinal)))
        {
            prefix += next;
        }

        return prefix;
    }

    private bool IsExcepted(string name) => _except.Exists(p => Glob.IsMatch(p, name));

    private void CheckPatterns()
    {
        var idle = _except.Where(p => !_model.Names.Concat(_inFile).Any(n => Glob.IsMatch(p, n))).ToList();
        if (idle.Count > 0)
        {
            throw new DsdException(string.Join('\n', idle.Select(p => $"Nothing in the model or in {_file.Path} is named like '{p}', which is to be left as initialised. {NearestNames.Sentence(p, _model.Names)}".TrimEnd())));
        }
    }

    private bool Fits(string name)
    {
        var (type, target) = (_file.TypeOf(_prefix + name), _model[name]);
        return (type == target.dtype || (IsFloat(type) && IsFloat(target.dtype))) && _file[_prefix + name].Shape.SequenceEqual(target.shape);
    }

    private string Mismatch(string name)
    {
        var (entry, target) = (_file[_prefix + name], _model[name]);
        return $"{name} is {entry.Type} ({SafeTensorsHeader.Join(entry.Shape)}) in the file and {SafeTensorsHeader.NameOf(target.dtype)} ({SafeTensorsHeader.Join(target.shape)}) in the model";
    }

    /// <summary>Suggests to except the layers that do not fit, where they are few beside those that do.</summary>
    private string Advice(List<string> names)
    {
        var layers = names.Select(n => n.LastIndexOf('.') is > 0 and var dot ? n[..dot] + ".*" : n).Distinct().Order(StringComparer.Ordinal).ToList();
        return layers.Count > MostNames || 2 * names.Count > _model.Names.Count
            ? ""
            : $" To leave them as initialised, except them: {string.Join(' ', layers.Select(l => $"--init-except '{l}'"))} at the command line, except: [{string.Join(", ", layers.Select(l => $"\"{l}\""))}] in a program.";
    }

    private void CheckShared(List<string> left)
    {
        if (left.FirstOrDefault(n => _model.PlacesOf(n).Any(p => !IsExcepted(p))) is { } half)
        {
            throw new DsdException($"{half} is to be left as initialised, but it is the same parameter as {_model.PlacesOf(half).First(p => !IsExcepted(p))}, which is to be loaded. Except both or neither.");
        }
    }

    private void CheckPlacesAgree(List<(string Name, Tensor Value)> values)
    {
        var read = values.ToDictionary(v => v.Name, v => v.Value);
        foreach (var (name, value) in values)
        {
            if (_model.PlacesOf(name).FirstOrDefault(p => read.TryGetValue(p, out var other) && !value.equal(other).all().item<bool>()) is { } other)
            {
                throw new DsdException($"{_file.Path}: {name} and {other} differ in the file, but are one parameter in the model.");
            }
        }
    }

    /// <summary>Reads a tensor in the model's format; rejects trained weights and running statistics that are not finite, and numbers that the format cannot hold.</summary>
    private Tensor Read(string name)
    {
        var target = _model[name];
        var value = _file.Read(_prefix + name);
        if ((target.requires_grad || IsRunningStatistic(name)) && NonFinite.In(value) is { } bad)
        {
            var count = value.isfinite().logical_not().sum().item<long>();
            throw new DsdException(FormattableString.Invariant(
                $"{_file.Path}: {name} holds {bad}, the first of {count} that are not finite numbers. Training that diverged leaves such weights; take a file from before."));
        }

        if (value.dtype == target.dtype)
        {
            return value;
        }

        var converted = value.to(target.dtype);
        var lost = value.isfinite().logical_and(converted.isfinite().logical_not());
        if (lost.any().item<bool>())
        {
            var largest = value.masked_select(lost).to(ScalarType.Float64)[0].item<double>();
            throw new DsdException(FormattableString.Invariant($"{_file.Path}: {name} holds {largest:G6}, which {SafeTensorsHeader.NameOf(target.dtype)}, the model's format, cannot hold."));
        }

        return converted;
    }
}
