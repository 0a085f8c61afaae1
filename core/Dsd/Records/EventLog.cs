using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Dsd.Schedules;

namespace Dsd.Records;

/// <summary>The event log of a run in JSON lines, written during the run; afterwards it is the record.</summary>
/// <remarks>
/// Each event is one line, flushed when it is written. A killed run leaves a valid record of all that happened; an
/// incomplete last line is ignored on reading.
/// </remarks>
public sealed class EventLog : IDisposable
{
    private const int MaxLineLength = 1 << 26;

    private static readonly JsonSerializerOptions s_options = Options(withOutcomes: true);
    private static readonly JsonSerializerOptions s_brief = Options(withOutcomes: false);

    private readonly FileStream _file;

    /// <summary>Opens a new log.</summary>
    /// <param name="path">The file to create; it must not exist yet.</param>
    /// <exception cref="IOException">The file exists or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public EventLog(string path) => _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1);

    private EventLog(FileStream file) => _file = file;

    /// <summary>Opens an existing log to append to it.</summary>
    /// <exception cref="IOException">The file is missing or cannot be written.</exception>
    internal static EventLog Continue(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1);
        file.Seek(0, SeekOrigin.End);
        return new(file);
    }

    /// <summary>Returns all bytes written so far, also where the file has been deleted since.</summary>
    internal byte[] Content()
    {
        var content = new byte[_file.Length];
        var read = 0;
        for (int more; read < content.Length && (more = RandomAccess.Read(_file.SafeFileHandle, content.AsSpan(read), read)) > 0; read += more)
        {
        }

        return read == content.Length ? content : content[..read];
    }

    /// <summary>Appends an event and flushes it to the operating system.</summary>
    /// <param name="happened">The event.</param>
    /// <exception cref="DsdException">The event is longer than a line of a log can be; nothing is written.</exception>
    /// <exception cref="IOException">The event cannot be written; the file is truncated to the end of the previous event.</exception>
    public void Write(TrainingEvent happened)
    {
        var text = ToLine(happened);
        if (text.Length > MaxLineLength)
        {
            throw new DsdException(FormattableString.Invariant($"{_file.Name}: an event of {text.Length} characters cannot be written; a line holds at most {MaxLineLength}. Keep the outcomes of fewer examples, or of fewer metrics."));
        }

        var line = Encoding.UTF8.GetBytes(text + "\n");
        var before = _file.Position;
        try
        {
            _file.Write(line);
            _file.Flush();
        }
        catch (Exception e) when (e is IOException || AtomicFile.IsSizeLimit(e))
        {
            CutBack(before);
            if (e is not IOException)
            {
                throw AtomicFile.SizeLimit(_file.Name, e);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Formats an event as one line of JSON, without the line break.</summary>
    /// <param name="happened">The event.</param>
    public static string ToLine(TrainingEvent happened) => JsonSerializer.Serialize(happened, s_options);

    /// <summary>Parses an event from one line of JSON.</summary>
    /// <param name="line">The line.</param>
    /// <exception cref="JsonException">The line is not an event.</exception>
    /// <exception cref="JsonFormatException">The schedule in it cannot be read.</exception>
    public static TrainingEvent FromLine(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return FromLine(Encoding.UTF8.GetBytes(line), withOutcomes: true);
    }

    /// <summary>Parses an event from one line of JSON in UTF-8.</summary>
    /// <param name="line">The line.</param>
    /// <param name="withOutcomes">False to skip the outcomes of examples.</param>
    /// <inheritdoc cref="FromLine(string)"/>
    internal static TrainingEvent FromLine(ReadOnlySpan<byte> line, bool withOutcomes)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingEvent>(line, withOutcomes ? s_options : s_brief) ?? throw new JsonException("The line is null, not an event.");
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or ArgumentException)
        {
            // A value that its type refuses, or an event of no known kind.
            throw new JsonException(e.Message, e);
        }
    }

    /// <summary>Reads the events of a log; an incomplete last line is ignored.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DsdException">The file is missing, or a line of it is not an event; the message names the line.</exception>
    public static IReadOnlyList<TrainingEvent> Read(string path)
    {
        using var reader = new StreamReader(File.Exists(path) ? Opened(path) : throw new DsdException($"{path}: there is no such event log."), Encoding.UTF8);
        return Read(reader, path);
    }

    /// <summary>Reads the events of a log in memory.</summary>
    /// <exception cref="DsdException">A line is not an event.</exception>
    internal static IReadOnlyList<TrainingEvent> Parse(byte[] log)
    {
        using var reader = new StreamReader(new MemoryStream(log), Encoding.UTF8);
        return Read(reader, "the event log of a checkpoint");
    }

    private static List<TrainingEvent> Read(StreamReader reader, string path)
    {
        var events = new List<TrainingEvent>();
        foreach (var (line, number, complete) in Lines(reader, path))
        {
            try
            {
                events.Add(FromLine(line));
            }
            catch (Exception e) when (e is JsonException or JsonFormatException)
            {
                if (complete)
                {
                    var place = e is JsonException { Path.Length: > 2 } json ? $" (at {json.Path[2..]})" : "";
                    throw new DsdException(FormattableString.Invariant($"{path}, line {number}: not an event of a run{place}. The file is damaged or was written by another version."), e);
                }
            }
        }

        return events;
    }

    private static JsonSerializerOptions Options(bool withOutcomes) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(), // file-based programs switch reflection off by default
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false), new ScheduleConverter(), new MetricValueConverter(withOutcomes), new ValueListConverterFactory() },
    };

    private void CutBack(long length)
    {
        try
        {
            _file.SetLength(length);
        }
        catch (IOException)
        {
            // An incomplete line is ignored on reading; the caller must learn the reason for the failure.
        }
    }

    private static FileStream Opened(string path)
    {
        try
        {
            return InputFile.Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"{path}: the event log cannot be read ({e.Message.TrimEnd('.')}).", e);
        }
    }

    private static IEnumerable<(string Line, int Number, bool Complete)> Lines(StreamReader reader, string path)
    {
        var line = new StringBuilder();
        var number = 1;
        for (int c; (c = reader.Read()) >= 0;)
        {
            if (c == '\n')
            {
                yield return (line.ToString(), number++, true);
                line.Clear();
            }
            else if (line.Append((char)c).Length > MaxLineLength)
            {
                throw new DsdException(FormattableString.Invariant($"{path}, line {number}: longer than any event can be. The file is damaged."));
            }
        }

        if (line.Length > 0)
        {
            yield return (line.ToString(), number, false);
        }
    }

    private sealed class ScheduleConverter : JsonConverter<Schedule>
    {
        public override Schedule Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return ScheduleJson.Read(document.RootElement.GetRawText());
        }

        public override void Write(Utf8JsonWriter writer, Schedule value, JsonSerializerOptions options) => ScheduleJson.ToNode(value).WriteTo(writer, options);
    }
}
