using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dsd.Studies;

/// <summary>The content of <c>judgement.json</c>: what was judged, and the hashes of the files that the judgement rests on.</summary>
/// <param name="Time">The time of the judgement, as text.</param>
/// <param name="Seeds">The number of seeds.</param>
/// <param name="Split">The split of the results, <c>"test"</c> or <c>"validation"</c>.</param>
/// <param name="TestMeasurements">The number of measurements on test that the results use.</param>
/// <param name="Selection">The SHA-256 of <c>selection.json</c>; null in judgements of earlier versions, which kept no hashes.</param>
/// <param name="Trials">The hashes of each trial's files by its name; null in judgements of earlier versions.</param>
internal sealed record JudgementNote(string Time, int Seeds, string Split, int TestMeasurements, string? Selection, IReadOnlyDictionary<string, JudgedTrial>? Trials)
{
    private const int Version = 2;
    private const int WithoutHashes = 1;

    /// <summary>Reads a judgement.</summary>
    /// <exception cref="DsdException">The file is not a judgement.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static JudgementNote Read(string path)
    {
        try
        {
            var node = JsonNode.Parse(StudyFolder.ReadText(path))!.AsObject();
            var version = node["version"]!.GetValue<int>();
            return new(
                node["time"]!.GetValue<string>(),
                node["seeds"]?.GetValue<int>() ?? 0,
                node["split"]?.GetValue<string>() ?? "",
                node["testMeasurements"]?.GetValue<int>() ?? 0,
                version == WithoutHashes ? null : node["selection"]!.GetValue<string>(),
                version switch
                {
                    WithoutHashes => null,
                    Version => node["trials"]!.AsObject().ToDictionary(t => t.Key, t => new JudgedTrial(t.Value!["trial"]!.GetValue<string>(), t.Value["test"]?.GetValue<string>())),
                    _ => throw new DsdException(FormattableString.Invariant($"{path}: has version {version} of the format; this program reads {WithoutHashes} and {Version}. Read the study with the program that judged it, or a later one.")),
                });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException)
        {
            throw new DsdException($"{path}: not the judgement of a study. It is damaged or was changed by hand; restore it from a copy, or delete it and 'dsd study run' trains and measures the selected trials again.", e);
        }
    }

    /// <summary>Writes the judgement.</summary>
    public void Write(string path) => AtomicFile.WriteText(
        path,
        new JsonObject
        {
            ["version"] = Version,
            ["time"] = Time,
            ["seeds"] = Seeds,
            ["split"] = Split,
            ["testMeasurements"] = TestMeasurements,
            ["selection"] = Selection,
            ["trials"] = new JsonObject(Trials!.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => KeyValuePair.Create(t.Key, (JsonNode?)new JsonObject { ["trial"] = t.Value.Trial, ["test"] = t.Value.Test }))),
        }.ToJsonString(Json.Indented) + "\n");
}
