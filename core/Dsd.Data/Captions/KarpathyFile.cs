using System.Text.Json;
using Dsd.Records;

namespace Dsd.Data;

/// <summary>A reader of Karpathy's dataset.json: a list <c>images</c>, each with its split, index and sentences.</summary>
/// <remarks>
/// The fields read are <c>images[].split</c> (train, val, test, and restval, which counts as train), <c>imgid</c> (the row of its feature), <c>filename</c>
/// and <c>sentences[].tokens</c> (the words); other fields are ignored. Source: Karpathy and Fei-Fei, "Deep visual-semantic alignments for
/// generating image descriptions", CVPR 2015, its files of Flickr-8K, Flickr-30K and COCO.
/// </remarks>
internal static class KarpathyFile
{
    /// <summary>The name of the file in its folder.</summary>
    public const string Name = "dataset.json";

    private const long MostBytes = 1L << 30;
    private const int MostWords = 1000;

    /// <summary>Reads a file.</summary>
    /// <returns>The images in order, each with its split and the row of its feature; rows and names are unique.</returns>
    /// <exception cref="DsdException">The file is missing, unreadable or has another structure; the message gives the place.</exception>
    public static IReadOnlyList<(DataSplit Part, int Row, CaptionedImage Image)> Read(string path) => FeatureFile.Opened<IReadOnlyList<(DataSplit Part, int Row, CaptionedImage Image)>>(path, Name, file =>
    {
        if (file.Length > MostBytes)
        {
            throw new DsdException($"The file '{path}' has {file.Length} bytes; at most {MostBytes} are allowed.");
        }

        try
        {
            using var document = JsonDocument.Parse(file);
            return Images(document.RootElement, path);
        }
        catch (JsonException e)
        {
            throw new DsdException($"The file '{path}' is not JSON: {e.Message} Copy it again from its source.", e);
        }
    });

    private static List<(DataSplit Part, int Row, CaptionedImage Image)> Images(JsonElement root, string path)
    {
        var images = new List<(DataSplit, int, CaptionedImage)>();
        var (rows, names) = (new HashSet<int>(), new HashSet<string>());
        foreach (var (i, image) in Items(root, "images", "", path).Index())
        {
            var place = $"images[{i}]";
            var part = Text(image, "split", place, path) switch
            {
                "train" or "restval" => DataSplit.Train,
                "val" => DataSplit.Validation,
                "test" => DataSplit.Test,
                var other => throw Wrong(path, $"{place}.split", $"expected 'train', 'restval', 'val' or 'test', got '{other}'"),
            };
            var number = Field(image, "imgid", place, path);
            if (number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out var row) || row < 0)
            {
                throw Wrong(path, $"{place}.imgid", $"expected a whole number, at least 0, got {Show(number)}");
            }

            if (!rows.Add(row))
            {
                throw Wrong(path, $"{place}.imgid", $"{row} is another image's number too");
            }

            var name = Text(image, "filename", place, path);
            if (!names.Add(name))
            {
                throw Wrong(path, $"{place}.filename", $"'{name}' is another image's name too");
            }

            var captions = Items(image, "sentences", place, path).Select((s, j) => Words(s, $"{place}.sentences[{j}]", path)).ToArray();
            images.Add((part, row, new(name, captions)));
        }

        return images;
    }

    private static string[] Words(JsonElement sentence, string place, string path)
    {
        var words = Items(sentence, "tokens", place, path).Select((w, k) => w.ValueKind == JsonValueKind.String
            ? Characters(w, $"{place}.tokens[{k}]", path)
            : throw Wrong(path, $"{place}.tokens[{k}]", $"expected a word, got {Show(w)}")).Where(w => w.Length > 0).ToArray();
        return words.Length <= MostWords ? words : throw Wrong(path, $"{place}.tokens", $"{words.Length} words are more than {MostWords}, which no caption has");
    }

    private static List<JsonElement> Items(JsonElement parent, string field, string place, string path)
    {
        var list = Field(parent, field, place, path);
        return list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : throw Wrong(path, Join(place, field), $"expected a list, got {Show(list)}");
    }

    private static string Text(JsonElement parent, string field, string place, string path)
    {
        var text = Field(parent, field, place, path);
        return text.ValueKind == JsonValueKind.String ? Characters(text, Join(place, field), path) : throw Wrong(path, Join(place, field), $"expected a text, got {Show(text)}");
    }

    private static JsonElement Field(JsonElement parent, string field, string place, string path) =>
        parent.ValueKind != JsonValueKind.Object ? throw Wrong(path, place.Length == 0 ? "the document" : place, $"expected an object, got {Show(parent)}")
        : parent.TryGetProperty(field, out var value) ? value
        : throw Wrong(path, Join(place, field), "the field is missing");

    private static string Characters(JsonElement text, string place, string path)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new DsdException($"The file '{path}', at {place}: the text holds half of a character (an unpaired surrogate).", e);
        }
    }

    private static string Join(string place, string field) => place.Length == 0 ? field : $"{place}.{field}";

    private static string Show(JsonElement element) => element.GetRawText().ReplaceLineEndings(" ") is { Length: > 60 } text ? text[..60] + "…" : element.GetRawText().ReplaceLineEndings(" ");

    private static DsdException Wrong(string path, string place, string what) =>
        new($"The file '{path}', at {place}: {what}. It should be as Karpathy's {Name}.");
}
