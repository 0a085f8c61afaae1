using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Runs;

namespace Dsd.Studies;

/// <summary>The JSON form of a study's history since its start: fingerprints of its data, and extensions.</summary>
internal static class StudyHistoryJson
{
    public static JsonObject Write(DataFingerprint fingerprint) => new()
    {
        ["data"] = fingerprint.Data,
        ["declaredAs"] = fingerprint.DeclaredAs,
        ["hash"] = fingerprint.Hash,
        ["files"] = fingerprint.Files,
        ["bytes"] = fingerprint.Bytes,
    };

    public static JsonObject Write(StudyExtension extension) => new()
    {
        ["from"] = extension.From,
        ["to"] = extension.To,
        ["wasJudged"] = extension.WasJudged,
        ["testWasRead"] = extension.TestWasRead,
        ["time"] = extension.Time.ToString("O", CultureInfo.InvariantCulture),
    };

    public static DataFingerprint ReadFingerprint(JsonPlace place)
    {
        place.Fields("data", "declaredAs", "hash", "files", "bytes");
        return new(
            place.Required("data").Text(),
            place.Required("declaredAs").Text(),
            place.Required("hash").Text(),
            Count(place.Required("files")),
            place.At("bytes") is { Kind: not JsonValueKind.Null } bytes ? bytes.Whole() : null);
    }

    public static StudyExtension ReadExtension(JsonPlace place)
    {
        place.Fields("from", "to", "wasJudged", "testWasRead", "time");
        return new(
            Count(place.Required("from")),
            Count(place.Required("to")),
            Flag(place.Required("wasJudged")),
            Flag(place.Required("testWasRead")),
            DateTimeOffset.TryParse(place.Required("time").Text(), CultureInfo.InvariantCulture, out var time) ? time : throw place.At("time")!.Value.Wrong("expected a time"));
    }

    private static int Count(JsonPlace place) => place.Whole() is var n and >= 0 and <= int.MaxValue ? (int)n : throw place.Wrong("expected a number of files or seeds");

    private static bool Flag(JsonPlace place) => place.Kind is JsonValueKind.True or JsonValueKind.False ? place.Kind == JsonValueKind.True : throw place.Wrong("expected true or false");
}
