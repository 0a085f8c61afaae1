using System.Text.Json;

namespace Dsd.Models.Tests;

/// <summary>What torchvision computes for a network filled by <see cref="Formula"/>; Fixtures/reference.py writes it.</summary>
internal sealed record Reference(string Source, int Smallest, long Parameters, IReadOnlyList<Reference.Run> Runs, IReadOnlyList<string> State)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    /// <summary>The networks that there are files for.</summary>
    public static IReadOnlyList<string> Names { get; } = ["squeezenet", "resnet-18", "googlenet", "resnet-50", "alexnet", "vgg16", "vgg16-bn"];

    /// <summary>The names and shapes in <c>state_dict()</c>, e.g. <c>"fc.weight 1000x512"</c>, as places by name.</summary>
    public IReadOnlyDictionary<string, int> Places => State.Select((line, place) => (line.Split(' ')[0], place)).ToDictionary();

    public static Reference Of(string name) =>
        JsonSerializer.Deserialize<Reference>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", $"{name}.json")), s_json)!;

    /// <summary>One forward pass, in training with the gradients of its loss; dropout is off in both.</summary>
    internal sealed record Run(
        int Side,
        bool Training,
        IReadOnlyList<Scores> Scores,
        double? Loss = null,
        IReadOnlyDictionary<string, double[]>? Gradients = null,
        IReadOnlyDictionary<string, double>? Buffers = null);

    /// <summary>What a head gave for the two images: the sum of all 2,000 scores, that of their squares, and every 125th.</summary>
    internal sealed record Scores(double Sum, double Squares, double[] Every125th);
}
