using System.Text.Json;

namespace Dsd;

/// <summary>A JSON value with its place in the document, for strict reading: unknown fields are errors, and every error gives its place.</summary>
internal readonly record struct JsonPlace(JsonElement Element, string Path)
{
    public JsonValueKind Kind => Element.ValueKind;

    /// <summary>The place, for messages.</summary>
    private string Where => Path.Length == 0 ? "the document" : Path;

    /// <summary>Checks that the value is an object with no fields other than <paramref name="allowed"/>.</summary>
    public JsonPlace Fields(params ReadOnlySpan<string> allowed)
    {
        if (Kind != JsonValueKind.Object)
        {
            throw Wrong($"expected an object with the fields {List(allowed)}, got {Show()}");
        }

        var seen = new HashSet<string>();
        var unknown = new List<string>();
        foreach (var field in Element.EnumerateObject())
        {
            var name = Characters(() => field.Name);
            if (!seen.Add(name))
            {
                throw Wrong($"the field '{name}' is given more than once");
            }

            if (!allowed.Contains(name))
            {
                unknown.Add(name);
            }
        }

        return unknown.Count == 0 ? this : throw Unknown(unknown, allowed.ToArray());
    }

    /// <summary>Reads the names of an object's fields, each of which is there once, where any name is allowed.</summary>
    public List<string> Names()
    {
        var names = Kind == JsonValueKind.Object ? ObjectNames() : throw Wrong($"expected an object, got {Show()}");
        Fields([.. names]);
        return names;
    }

    /// <summary>Reads an object whose single field names a choice, such as <c>{"cosine": …}</c>.</summary>
    public (string Name, JsonPlace Value) Choice(params ReadOnlySpan<string> allowed)
    {
        Fields(allowed);
        var fields = Element.EnumerateObject().ToList();
        return fields.Count == 1
            ? (fields[0].Name, At(fields[0].Name)!.Value)
            : throw Wrong($"expected exactly one of the fields {List(allowed)}, got {fields.Count}");
    }

    public JsonPlace? At(string field) =>
        Kind == JsonValueKind.Object && Element.TryGetProperty(field, out var value) ? new JsonPlace(value, Path.Length == 0 ? field : $"{Path}.{field}") : null;

    public JsonPlace Required(string field) => At(field) ?? throw Wrong($"the field '{field}' is missing");

    public List<JsonPlace> Items()
    {
        if (Kind != JsonValueKind.Array)
        {
            throw Wrong($"expected a list, got {Show()}");
        }

        var path = Path;
        return Element.EnumerateArray().Select((item, i) => new JsonPlace(item, $"{path}[{i}]")).ToList();
    }

    public double Number() => Kind != JsonValueKind.Number ? throw Wrong($"expected a number, got {Show()}")
        : Element.TryGetDouble(out var number) && double.IsFinite(number) ? number
        : throw Wrong($"the number {Show()} is too large");

    public long Whole() => Kind == JsonValueKind.Number && Element.TryGetInt64(out var number)
        ? number
        : throw Wrong($"expected a whole number, got {Show()}");

    /// <summary>A whole number as an int; one that is far out of range is refused as is one just out of range.</summary>
    public int Int() => (int)Math.Clamp(Whole(), int.MinValue, int.MaxValue);

    /// <summary>Null where the value is JSON's null, else what <paramref name="read"/> makes of it.</summary>
    public T? OrNull<T>(Func<JsonPlace, T> read)
        where T : struct => Kind == JsonValueKind.Null ? null : read(this);

    public bool Flag() => Kind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong($"expected true or false, got {Show()}"),
    };

    public string Text() => Kind == JsonValueKind.String
        ? Characters(Element.GetString)!
        : throw Wrong($"expected a text, got {Show()}");

    /// <summary>Reads a text that must be one of a few words.</summary>
    public T OneOf<T>(params ReadOnlySpan<(string Word, T Value)> words)
    {
        var text = Kind == JsonValueKind.String ? Text() : null;
        foreach (var (word, value) in words)
        {
            if (word == text)
            {
                return value;
            }
        }

        var names = new string[words.Length];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = words[i].Word;
        }

        throw Wrong($"expected {List(names)}, got {Show()}");
    }

    /// <summary>Creates a value and adds its place to the exceptions of its constructor.</summary>
    public T Make<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            // An argument exception appends the parameter's name and value, which the place already identifies.
            var name = (e as ArgumentException)?.ParamName;
            var message = name is null ? e.Message : e.Message.Split($" (Parameter '{name}')")[0];
            var field = name is null ? null : At(name);
            throw new JsonFormatException((field ?? this).Where, $"{message.TrimEnd('.')}; got {(field ?? this).Show()}", e);
        }
    }

    private JsonFormatException Unknown(List<string> names, string[] allowed)
    {
        var nearest = names.Select(name => NearestNames.Likely(name, allowed, 1) is [var other] && other != name ? $"; nearest to '{name}' is '{other}'" : "");
        return Wrong($"unknown field{(names.Count == 1 ? "" : "s")} {string.Join(", ", names.Select(n => $"'{n}'"))}; allowed are {List(allowed)}{string.Concat(nearest)}");
    }

    public JsonFormatException Wrong(string problem) => new(Where, problem);

    private List<string> ObjectNames()
    {
        var names = new List<string>();
        foreach (var field in Element.EnumerateObject())
        {
            names.Add(Characters(() => field.Name));
        }

        return names;
    }

    private T Characters<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw new JsonFormatException(Where, $"a text holds half of a character (an unpaired surrogate): {Show()}", e);
        }
    }

    private string Show()
    {
        var raw = Element.GetRawText().ReplaceLineEndings(" ");
        return raw.Length <= 60 ? raw : raw[..60] + "…";
    }

    private static string List(ReadOnlySpan<string> words)
    {
        var quoted = new string[words.Length];
        for (var i = 0; i < quoted.Length; i++)
        {
            quoted[i] = $"'{words[i]}'";
        }

        return quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }
}
