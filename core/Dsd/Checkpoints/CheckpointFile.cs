using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>Writes checkpoints as .safetensors files and reads them back.</summary>
/// <remarks>
/// Weights and buffers have their ordinary names, so that any reader of the format opens a checkpoint as it opens a file of weights. Everything else
/// starts with <c>dsd/</c>: <c>dsd/mask/PARAMETER</c> (true where a weight is kept), <c>dsd/optimizer/PARAMETER/FIELD</c>, <c>dsd/pruned/PARAMETER</c> (values
/// before pruning), <c>dsd/gradient/PARAMETER</c>, <c>dsd/method/I/J</c>, <c>dsd/random</c> and <c>dsd/events/ARM</c>. The texts hold <c>dsd.checkpoint</c>
/// (JSON, <see cref="CheckpointNote"/>) and <c>dsd.checksum</c> (XXH128 of all other texts and of all names, types, shapes and values).
/// </remarks>
internal static class CheckpointFile
{
    private const string NoteText = "dsd.checkpoint";
    private const string ChecksumText = "dsd.checksum";
    private const string Optimizer = MaskTensor.Reserved + "optimizer/";
    private const string Pruned = MaskTensor.Reserved + "pruned/";
    private const string Gradient = MaskTensor.Reserved + "gradient/";
    private const string Method = MaskTensor.Reserved + "method/";
    private const string Events = MaskTensor.Reserved + "events/";
    private const string Random = MaskTensor.Reserved + "random";

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(), // file-based programs switch reflection off by default
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new ValueListConverterFactory() },
    };

    /// <summary>Writes a checkpoint; the file is either complete or absent.</summary>
    /// <exception cref="IOException">It cannot be written; an existing file is unchanged.</exception>
    /// <exception cref="DsdException">A parameter of the model has a name that starts with the prefix.</exception>
    public static void Write(string path, Checkpoint checkpoint)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var state = checkpoint.State;
        if (state.Model.Keys.FirstOrDefault(n => n.StartsWith(MaskTensor.Reserved, StringComparison.Ordinal)) is { } taken)
        {
            throw new DsdException($"The model's {taken} cannot be saved: names that start with '{MaskTensor.Reserved}' belong to checkpoints. Rename it.");
        }

        var session = state.Session;
        var tensors = new List<KeyValuePair<string, Tensor>>();
        void Add(string name, Tensor value) => tensors.Add(new(name, value.detach().cpu().contiguous()));
        state.Model.ToList().ForEach(t => Add(t.Key, t.Value));
        foreach (var (name, mask) in session.Masks.Masks)
        {
            Add(MaskTensor.Prefix + name, MaskTensor.Of(mask, state.Model[name].shape));
        }

        foreach (var (parameter, fields) in session.Optimizer)
        {
            fields.Where(f => f.Value is Tensor).ToList().ForEach(f => Add($"{Optimizer}{parameter}/{f.Key}", (Tensor)f.Value!));
        }

        session.Masks.PrunedValues.ToList().ForEach(v => Add(Pruned + v.Key, v.Value));
        session.Gradients.ToList().ForEach(g => Add(Gradient + g.Key, g.Value));
        var methods = session.Masks.Remembered.ToList();
        foreach (var (remembered, i) in methods.Select((m, i) => (m.Value, i)))
        {
            remembered.Tensors.Select((t, j) => (t.Value, j)).ToList().ForEach(t => Add(FormattableString.Invariant($"{Method}{i}/{t.j}"), t.Value));
        }

        Add(Random, state.RandomState);
        foreach (var (arm, events) in checkpoint.Events)
        {
            Add(Events + arm, tensor(events, dtype: uint8));
        }

        var note = new CheckpointNote(
            CheckpointNote.CurrentVersion,
            checkpoint.Arm,
            session.Step,
            session.Phase,
            checkpoint.PhaseName,
            session.PhaseTime.TotalSeconds,
            state.ElapsedSeconds,
            session.Rollbacks,
            [.. session.Optimizer.Select(p => new CheckpointNote.OptimizerEntry(p.Parameter, new(p.Fields.Select(f => KeyValuePair.Create(f.Key, Number(f.Value))))))],
            [.. methods.Select(m => new CheckpointNote.MethodEntry(m.Key, [.. m.Value.Tensors.Keys]))],
            Entry(state.Losses.First),
            Entry(state.Losses.Last),
            state.Losses.First is null ? null : state.Losses.Lowest,
            state.ComputedOtherwise,
            state.LeftOut,
            checkpoint.Best,
            checkpoint.Origin,
            state.UsesOneDnn,
            session.WithGradient);
        var text = JsonSerializer.Serialize(note, s_options);
        SafeTensorsFile.Write(path, tensors, [new(NoteText, text), new(ChecksumText, Checksum([new(NoteText, text), SafeTensorsFile.Format], tensors))]);
    }

    /// <summary>Reads a checkpoint and checks it as a whole.</summary>
    /// <exception cref="DsdException">It is missing, damaged, altered, of a later version, or not a checkpoint.</exception>
    public static Checkpoint Read(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        var header = SafeTensorsHeader.Read(file, path);
        var note = NoteOf(header);
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            foreach (var name in header.Tensors.OrderBy(t => t.Value.Begin).Select(t => t.Key))
            {
                tensors[name] = SafeTensorsFile.Read(file, header, name).DetachFromDisposeScope();
            }

            return header.Metadata.GetValueOrDefault(ChecksumText) == Checksum(header.Metadata.Where(t => t.Key != ChecksumText), tensors)
                ? Assemble(note, tensors, path)
                : throw Altered(path);
        }
        catch
        {
            tensors.Values.ToList().ForEach(t => t.Dispose());
            throw;
        }
    }

    /// <summary>True if a file has no checksum, or the one that was written with it.</summary>
    public static bool IsUnaltered(SafeTensorsSet file)
    {
        if (!file.Metadata.TryGetValue(ChecksumText, out var checksum))
        {
            return true;
        }

        using var scope = NewDisposeScope();
        return checksum == Checksum(file.Metadata.Where(t => t.Key != ChecksumText), file.Names.Select(name => KeyValuePair.Create(name, file.Read(name))));
    }

    private static CheckpointNote NoteOf(SafeTensorsHeader header)
    {
        if (!header.Metadata.TryGetValue(NoteText, out var text))
        {
            throw new DsdException($"{header.Path}: not a checkpoint: it holds weights alone, without {NoteText} in its texts.");
        }

        try
        {
            var note = JsonSerializer.Deserialize<CheckpointNote>(text, s_options) ?? throw new JsonException();
            if (note.Optimizer.Contains(null!) || note.Methods.Any(m => m is null || m.Names.Contains(null!)) || note.ComputedOtherwise.Contains(null!) || note.LeftOut.Contains(null!))
            {
                // Nullable annotations say nothing about the items of a list.
                throw new JsonException("An item of a list is null.");
            }

            return note.Version switch
            {
                < 1 => throw Altered(header.Path),
                > CheckpointNote.CurrentVersion => throw new CheckpointVersionException(FormattableString.Invariant(
                    $"{header.Path}: a checkpoint of version {note.Version}; this program reads versions up to {CheckpointNote.CurrentVersion}. Use the program that wrote it.")),
                _ => note,
            };
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            throw Altered(header.Path, e);
        }
    }

    private static Checkpoint Assemble(CheckpointNote note, Dictionary<string, Tensor> tensors, string path)
    {
        try
        {
            Dictionary<string, Tensor> Under(string prefix) => tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
            var masks = Under(MaskTensor.Prefix).ToDictionary(m => m.Key, m => MaskTensor.Read(m.Value));
            var optimizer = note.Optimizer.Select(o => new ParameterState(o.Parameter, new(o.Fields.Select(f => KeyValuePair.Create(
                f.Key,
                f.Value is { } number ? (object?)number : tensors.GetValueOrDefault($"{Optimizer}{o.Parameter}/{f.Key}")))))).ToList();
            var remembered = new Dictionary<string, LayerState>();
            foreach (var (method, i) in note.Methods.Select((m, i) => (m, i)))
            {
                var state = new LayerState();
                foreach (var (name, j) in method.Names.Select((n, j) => (n, j)))
                {
                    state[name] = tensors[FormattableString.Invariant($"{Method}{i}/{j}")];
                }

                remembered[method.Key] = state;
            }

            var events = Under(Events).ToDictionary(e => e.Key, e => e.Value.numel() == 0 ? [] : e.Value.bytes.ToArray());
            var session = new SessionState(
                note.Step,
                note.Phase,
                TimeSpan.FromSeconds(note.PhaseSeconds),
                note.Rollbacks,
                optimizer,
                new MaskSetState(masks, Under(Pruned), remembered) { IsFromFile = true },
                Under(Gradient),
                note.Gradients?.ToValueList());
            var model = tensors.Where(t => !t.Key.StartsWith(MaskTensor.Reserved, StringComparison.Ordinal)).ToDictionary(t => t.Key, t => t.Value);
            var checkpoint = new Checkpoint(
                note.Arm,
                note.PhaseName,
                new TrainingState(
                    model,
                    tensors[Random],
                    session,
                    note.Seconds,
                    note.ComputedOtherwise.ToValueList(),
                    new LossesSeen(Pair(note.FirstLoss), Pair(note.LastLoss), note.LowestLoss ?? double.PositiveInfinity),
                    note.LeftOut.ToValueList(),
                    note.UsesOneDnn),
                events,
                note.Best,
                note.Origin);
            foreach (var (name, value) in tensors.Where(t => t.Key.StartsWith(MaskTensor.Prefix, StringComparison.Ordinal) || t.Key.StartsWith(Method, StringComparison.Ordinal) || t.Key.StartsWith(Events, StringComparison.Ordinal)))
            {
                value.Dispose();
            }

            return checkpoint;
        }
        catch (Exception e) when (e is KeyNotFoundException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw Altered(path, e);
        }
    }

    private static JsonElement? Number(object? value) => value is null or Tensor ? null : JsonSerializer.SerializeToElement(value, value.GetType(), s_options);

    private static CheckpointNote.LossEntry? Entry((long Step, double Loss)? loss) => loss is var (step, value) ? new(step, value) : null;

    private static (long Step, double Loss)? Pair(CheckpointNote.LossEntry? loss) => loss is null ? null : (loss.Step, loss.Loss);

    private static string Checksum(IEnumerable<KeyValuePair<string, string>> texts, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        var hash = new XxHash128();
        foreach (var (name, text) in texts.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            hash.Append(Encoding.UTF8.GetBytes($"{name}\n{text}\n"));
        }

        foreach (var (name, value) in tensors.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            hash.Append(Encoding.UTF8.GetBytes($"\n{name} {SafeTensorsHeader.NameOf(value.dtype)} {SafeTensorsHeader.Join(value.shape)}\n"));
            using var scope = NewDisposeScope();
            foreach (var piece in SafeTensorsFile.Pieces(value))
            {
                hash.Append(piece.bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static DsdException Altered(string path, Exception? cause = null) =>
        new($"{path}: a damaged or altered checkpoint: its content does not have the checksum that was written with it.", cause);
}
