using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dsd.Studies;

/// <summary>What the folder of a trial says about itself, in <c>trial.json</c>: what it belongs to, and what its record must be.</summary>
/// <param name="Format">The version of the format.</param>
/// <param name="Trial">The name of the trial.</param>
/// <param name="Fingerprint">The hash of everything that decides its result.</param>
/// <param name="Fork">The hash of the checkpoint from which it was forked, or null.</param>
/// <param name="Events">The hash of its event log.</param>
internal sealed record TrialNote(long Format, string Trial, string Fingerprint, string? Fork, string Events)
{
    public const int Version = 1;

    public static TrialNote Read(string path)
    {
        try
        {
            var node = JsonNode.Parse(StudyFolder.ReadText(path))!.AsObject();
            return new(
                node["format"]!.GetValue<long>(),
                node["trial"]!.GetValue<string>(),
                node["fingerprint"]!.GetValue<string>(),
                node["fork"]?.GetValue<string>(),
                node["events"]!.GetValue<string>());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new DsdException($"{path}: not the note of a trial. It is damaged or was changed by hand; delete the folder of the trial to have it trained again.", e);
        }
    }

    public void Write(string path) => AtomicFile.WriteText(path, new JsonObject
    {
        ["format"] = Format,
        ["trial"] = Trial,
        ["fingerprint"] = Fingerprint,
        ["fork"] = Fork,
        ["events"] = Events,
    }.ToJsonString() + "\n");
}
