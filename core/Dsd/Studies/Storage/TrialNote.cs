using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Runs;

namespace Dsd.Studies;

/// <summary>The content of <c>trial.json</c> in the folder of a trial: its identity, and the hash of its record.</summary>
/// <param name="Format">The version of the format.</param>
/// <param name="Trial">The name of the trial.</param>
/// <param name="Fingerprint">The hash of everything that determines its result.</param>
/// <param name="Fork">The hash of the checkpoint from which it was forked, or null.</param>
/// <param name="Events">The hash of its event log.</param>
/// <param name="Data">The data that it was trained on; null if unknown, as in notes of earlier versions.</param>
/// <param name="HasDiverged">True if it failed because training diverged; null in notes of earlier versions.</param>
internal sealed record TrialNote(long Format, string Trial, string Fingerprint, string? Fork, string Events, DataFingerprint? Data, bool? HasDiverged)
{
    public const int Version = 1;

    public static TrialNote Read(string path)
    {
        try
        {
            var text = StudyFolder.ReadText(path);
            var node = JsonNode.Parse(text)!.AsObject();
            using var document = JsonDocument.Parse(text);
            return new(
                node["format"]!.GetValue<long>(),
                node["trial"]!.GetValue<string>(),
                node["fingerprint"]!.GetValue<string>(),
                node["fork"]?.GetValue<string>(),
                node["events"]!.GetValue<string>(),
                new JsonPlace(document.RootElement, "").At("data") is { } data ? StudyHistoryJson.ReadFingerprint(data) : null,
                node["diverged"]?.GetValue<bool>());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException or JsonFormatException)
        {
            throw new DsdException($"{path}: not the note of a trial. It is damaged or was changed by hand; delete the folder of the trial to have it trained again.", e);
        }
    }

    public void Write(string path)
    {
        var node = new JsonObject
        {
            ["format"] = Format,
            ["trial"] = Trial,
            ["fingerprint"] = Fingerprint,
            ["fork"] = Fork,
            ["events"] = Events,
            ["diverged"] = HasDiverged,
        };
        if (Data is { } data)
        {
            node["data"] = StudyHistoryJson.Write(data);
        }

        AtomicFile.WriteText(path, node.ToJsonString() + "\n");
    }
}
