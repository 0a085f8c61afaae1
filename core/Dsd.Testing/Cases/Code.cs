using System.Globalization;

namespace Dsd.Testing;

/// <summary>Literals and calls of a language, in which cases print themselves.</summary>
internal sealed class Code
{
    private Code(string creation, string open, string close, string separator, string named, string longSuffix, string floatSuffix)
    {
        Creation = creation;
        Open = open;
        Close = close;
        Separator = separator;
        Named = named;
        LongSuffix = longSuffix;
        FloatSuffix = floatSuffix;
    }

    /// <summary>C#.</summary>
    public static Code CSharp { get; } = new("new ", "[", "]", ", ", ": ", "", "f");

    /// <summary>F#.</summary>
    public static Code FSharp { get; } = new("", "[", "]", "; ", " = ", "L", "f");

    /// <summary>The word before a constructor.</summary>
    public string Creation { get; }

    private string Open { get; }

    private string Close { get; }

    private string Separator { get; }

    private string Named { get; }

    private string LongSuffix { get; }

    private string FloatSuffix { get; }

    /// <summary>A list of 64-bit numbers.</summary>
    public string Longs(IEnumerable<long> values) => List(values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v}{LongSuffix}")));

    /// <summary>A list of single-precision numbers, each of which reads back with the same bits.</summary>
    public string Floats(IEnumerable<float> values) => List(values.Select(Float));

    /// <summary>A list of truth values.</summary>
    public string Flags(IEnumerable<bool> values) => List(values.Select(v => v ? "true" : "false"));

    /// <summary>A double that reads back with the same bits.</summary>
    public static string Double(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) || text.Contains('E', StringComparison.Ordinal) ? text : $"{text}.0";
    }

    /// <summary>A 64-bit number.</summary>
    public string Long(long value) => string.Create(CultureInfo.InvariantCulture, $"{value}{LongSuffix}");

    /// <summary>JSON as a text of several lines' syntax.</summary>
    public static string Json(string json) => $"\"\"\"{string.Concat(json.Split('\n').Select(line => line.Trim()))}\"\"\"";

    /// <summary>A list of expressions.</summary>
    public string List(IEnumerable<string> items) => $"{Open}{string.Join(Separator, items)}{Close}";

    /// <summary>A named argument.</summary>
    public string Argument(string name, string value) => $"{name}{Named}{value}";

    /// <summary>The argument of a device; none for the CPU.</summary>
    public IEnumerable<string> Device(string device) => device == LawDevice.Cpu ? [] : [Argument("device", $"\"{device}\"")];

    /// <summary>A call of a constructor.</summary>
    public string New(string type, params IEnumerable<string> arguments) => $"{Creation}{type}({string.Join(", ", arguments)})";

    private string Float(float value) =>
        float.IsNaN(value) ? this == CSharp ? "float.NaN" : "nanf"
        : float.IsInfinity(value) ? (this == CSharp ? "float." : "System.Single.") + (value > 0 ? "PositiveInfinity" : "NegativeInfinity")
        : value.ToString("R", CultureInfo.InvariantCulture) is var text && this == FSharp && !text.Contains('.', StringComparison.Ordinal) && !text.Contains('E', StringComparison.Ordinal) ? $"{text}.0{FloatSuffix}"
        : $"{value.ToString("R", CultureInfo.InvariantCulture)}{FloatSuffix}";
}
