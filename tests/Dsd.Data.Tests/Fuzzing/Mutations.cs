using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Dsd.Data.Tests.Fuzzing;

/// <summary>Changes of files: of any bytes, of the numbers and words of a text, and of the values of JSON.</summary>
internal static class Mutations
{
    private static readonly long[] s_edges =
    [
        0, 1, -1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue - 1L, int.MaxValue, int.MaxValue + 1L, int.MinValue, uint.MaxValue, uint.MaxValue + 1L,
        1L << 53, 1L << 61, 1L << 62, long.MaxValue / 2, long.MaxValue - 1, long.MaxValue, long.MinValue, long.MinValue + 1,
    ];

    private static readonly string[] s_numbers =
    [
        "0", "-0", "1", "-1", "0.5", "1e-320", "5e-324", "1e308", "-1e308", "1e309", "1e999999", "2147483647", "2147483648", "-2147483649", "4294967296", "9007199254740993",
        "4611686018427387904", "9223372036854775806", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "340282350000000000000000000000000000001",
    ];

    private static readonly string[] s_values =
    [
        "null", "true", "false", "[]", "{}", "\"\"", "\" \"", "\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "NaN", "[null]", "{\"\":null}", "\"\\ud800\"", "\"\\u0000\"", "\"\\u001b[31m\"", "\"..\"", "\"../../x\"", "\"/etc/passwd\"",
        "\"9223372036854775807ep\"", "\"1e300ep\"", "\"-1st\"", "\"*\"", "[[[[[[[[]]]]]]]]", "\"=1+1\"",
    ];

    /// <summary>Changes a file once or a few times.</summary>
    /// <param name="file">The file, which is not changed.</param>
    /// <param name="other">Another file, of which pieces are taken.</param>
    /// <param name="random">Makes the choices.</param>
    public static byte[] Apply(byte[] file, byte[] other, Random random)
    {
        for (var left = random.Next(4) == 0 ? random.Next(2, 6) : 1; left > 0; left--)
        {
            file = random.Next(3) > 0 && IsText(file) ? Text(file, random) : Bytes(file, other, random);
        }

        return file;
    }

    /// <summary>Changes any bytes.</summary>
    public static byte[] Bytes(byte[] file, byte[] other, Random random)
    {
        var (at, length) = Piece(file.Length, random);
        switch (random.Next(10))
        {
            case 0:
                return file[..at];
            case 1:
                return [.. file[..at], .. file[(at + length)..]];
            case 2:
                return [.. file[..(at + length)], .. file[at..]];
            case 3:
                var (from, some) = Piece(other.Length, random);
                return [.. file[..at], .. other[from..(from + some)], .. file[(random.Next(2) == 0 ? at : Math.Min(file.Length, at + some))..]];
            case 4:
                var noise = new byte[random.Next(1, 64)];
                random.NextBytes(noise);
                return [.. file[..at], .. noise, .. file[at..]];
            case 5:
                return length is 0 or > 4096 ? file[..at] : [.. file[..at], .. Enumerable.Repeat(file[at..(at + length)], random.Next(2, 40)).SelectMany(b => b), .. file[at..]];
            case 6 or 7:
                return WithNumber(file, random);
            default:
                var flipped = (byte[])file.Clone();
                for (var left = random.Next(1, 9); left > 0 && flipped.Length > 0; left--)
                {
                    // The start of a file says most about it.
                    var place = random.Next(2) == 0 ? random.Next(Math.Min(flipped.Length, 256)) : random.Next(flipped.Length);
                    flipped[place] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)(flipped[place] ^ (1 << random.Next(8)));
                }

                return flipped;
        }
    }

    /// <summary>Changes a value, a field or a number of a text.</summary>
    public static byte[] Text(byte[] file, Random random)
    {
        // A line of its own may be a document of its own.
        var (start, end) = (0, file.Length);
        if (random.Next(8) > 0 && file.AsSpan().Count((byte)'\n') is > 0 and var lines && file.AsSpan().IndexOf("}\n{"u8) > 0)
        {
            for (var skip = random.Next(lines); skip > 0; skip--)
            {
                start += file.AsSpan(start).IndexOf((byte)'\n') + 1;
            }

            end = file.AsSpan(start).IndexOf((byte)'\n') is >= 0 and var length ? start + length : file.Length;
        }

        var document = file[start..end];
        var changed = Values(document) is { Count: > 0 } values ? Json(document, values, random) : Numbers(document, random);
        return [.. file[..start], .. changed, .. file[end..]];
    }

    private static byte[] Json(byte[] document, List<(int Start, int End, int Field)> values, Random random)
    {
        var (start, end, field) = values[random.Next(values.Count)];
        var (before, value, after) = (document[..start], document[start..end], document[end..]);
        var isNumber = value.Length > 0 && (value[0] == '-' || char.IsAsciiDigit((char)value[0]));
        switch (random.Next(12))
        {
            case 0 or 1 or 2 when isNumber:
                return [.. before, .. Encoding.ASCII.GetBytes(s_numbers[random.Next(s_numbers.Length)]), .. after];
            case 3:
                return [.. before, .. "null"u8, .. after];
            case 4:
                var (otherStart, otherEnd, _) = values[random.Next(values.Count)];
                return [.. before, .. document[otherStart..otherEnd], .. after];
            case 5 when field >= 0:
                // The field twice.
                return [.. document[..field], .. document[field..end], .. ","u8, .. document[field..]];
            case 6:
                var depth = random.Next(2) == 0 ? random.Next(2, 80) : random.Next(80, 20_000);
                var (open, close) = random.Next(2) == 0 ? ("[", "]") : ("{\"a\":", "}");
                return [.. before, .. Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(open, depth))), .. value, .. Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(close, depth))), .. after];
            case 7:
                // The value many times: in a list, many of its kind.
                return value.Length > 2000 ? before : [.. before, .. value, .. Enumerable.Repeat((byte[])[(byte)',', .. value], random.Next(1, 200)).SelectMany(b => b), .. after];
            case 8 when value is [(byte)'[', (byte)']', ..] or [(byte)'[', _, _, ..]:
                return [.. before, .. "[null,"u8, .. value[1..], .. after];
            case 9 when value[0] == '"':
                return [.. before, .. value[..^1], .. Encoding.UTF8.GetBytes(random.Next(4) switch { 0 => new string('x', random.Next(100_000)), 1 => "\\u001b]0;x\\u0007", 2 => "\\udc00", _ => "\u202e" }), (byte)'"', .. after];
            case 10 when field >= 0:
                return [.. document[..field], .. "\"unknown\":"u8, .. value, .. after];
            default:
                return [.. before, .. Encoding.UTF8.GetBytes(s_values[random.Next(s_values.Length)]), .. after];
        }
    }

    /// <summary>Replaces a number of a text, or what is between two separators.</summary>
    private static byte[] Numbers(byte[] document, Random random)
    {
        var text = Encoding.UTF8.GetString(document);
        var cells = new List<(int Start, int End)>();
        for (var (i, start) = (0, 0); i <= text.Length; i++)
        {
            if (i == text.Length || text[i] is ',' or '\t' or '\n' or ' ' or '(' or ')' or ':')
            {
                cells.Add((start, i));
                start = i + 1;
            }
        }

        var (from, to) = cells[random.Next(cells.Count)];
        var instead = random.Next(5) switch
        {
            0 or 1 => s_numbers[random.Next(s_numbers.Length)],
            2 => "",
            3 => s_edges[random.Next(s_edges.Length)].ToString(CultureInfo.InvariantCulture),
            _ => random.Next(7) switch { 0 => "\"", 1 => "=1+1", 2 => "\0", 3 => new string('x', 10_000), 4 => "../../x", 5 => "NaN", _ => "\ud800" },
        };
        return Encoding.UTF8.GetBytes(text[..from] + instead + text[to..]);
    }

    /// <summary>The places of all values of a JSON document, with those of their fields' names; as far as it can be read.</summary>
    private static List<(int Start, int End, int Field)> Values(byte[] document)
    {
        var values = new List<(int, int, int)>();
        var open = new Stack<(int Start, int Field)>();
        var field = -1;
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 1000 });
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        field = (int)reader.TokenStartIndex;
                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        open.Push(((int)reader.TokenStartIndex, field));
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        var (start, of) = open.Pop();
                        values.Add((start, (int)reader.BytesConsumed, of));
                        break;
                    default:
                        values.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed, field));
                        break;
                }

                field = -1;
            }
        }
        catch (JsonException)
        {
            // What was read so far can be changed.
        }

        return values;
    }

    private static byte[] WithNumber(byte[] file, Random random)
    {
        var width = 1 << random.Next(4);
        if (file.Length < width)
        {
            return file;
        }

        var changed = (byte[])file.Clone();
        var place = changed.AsSpan(random.Next(2) == 0 ? random.Next(Math.Min(file.Length - width, 256) + 1) : random.Next(file.Length - width + 1));
        var number = s_edges[random.Next(s_edges.Length)];
        Span<byte> bytes = stackalloc byte[8];
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            bytes[..width].CopyTo(place);
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes, number);
            bytes[^width..].CopyTo(place);
        }

        return changed;
    }

    private static (int At, int Length) Piece(int all, Random random)
    {
        var at = random.Next(all + 1);
        return (at, Math.Min(all - at, random.Next(3) == 0 ? random.Next(all + 1) : random.Next(17)));
    }

    private static bool IsText(byte[] file) => !file.AsSpan().ContainsAnyInRange<byte>(0, 8) && file.Length > 0;
}
