using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dsd.DeviceChecks;

/// <summary>The results of a stage as its file <c>NAME.json</c> has them.</summary>
/// <param name="Stage">The name of the stage.</param>
/// <param name="Device">The device.</param>
/// <param name="Quick">True if the work was small.</param>
/// <param name="Status">How it ended, or that it has not.</param>
/// <param name="Seconds">The time so far.</param>
/// <param name="Reason">Why it failed or was skipped; null otherwise.</param>
/// <param name="Findings">What was found, in order.</param>
internal sealed record StageFile(string Stage, string Device, bool Quick, StageStatus Status, double Seconds, string? Reason, IReadOnlyList<Finding> Findings)
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The path of a stage's file.</summary>
    public static string PathOf(string folder, string stage) => Path.Combine(folder, $"{stage}.json");

    /// <summary>Reads a file; null if there is none.</summary>
    public static StageFile? Read(string folder, string stage) =>
        File.Exists(PathOf(folder, stage)) ? JsonSerializer.Deserialize<StageFile>(File.ReadAllBytes(PathOf(folder, stage)), s_options) : null;

    /// <summary>Writes the file; whenever the process ends, it is complete.</summary>
    public void Write(string folder) => AtomicFile.Write(PathOf(folder, Stage), file => JsonSerializer.Serialize(file, this, s_options));
}
