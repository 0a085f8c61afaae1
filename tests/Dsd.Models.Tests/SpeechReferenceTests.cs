using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

/// <summary>Both speech networks against Fixtures/speech.json, which Fixtures/speech.py computes from their definitions alone.</summary>
public class SpeechReferenceTests
{
    private const int Bins = 9;
    private const int Classes = 5;
    private const int Frames = 13;
    private static readonly long[] s_lengths = [13, 7, 10];

    [Theory]
    [InlineData("deep-speech, every frame")]
    [InlineData("deep-speech, every second frame")]
    [InlineData("deep-speech-2, training")]
    [InlineData("deep-speech-2, evaluation")]
    public void Forward_ParametersByRule_GivesTheScoresAndGradientsOfTheDefinitions(string name)
    {
        using var scope = NewDisposeScope();
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "speech.json")));
        var expected = file.RootElement.GetProperty(name);
        var model = Create(name);

        // What lies beyond the ends of the second and third utterance is noise, not zeros.
        var scores = model.call((Noise(3 * Frames * Bins, 700) * 12).view(3, Frames, Bins).to(ScalarType.Float32), tensor(s_lengths));
        var loss = zeros(1);
        for (var n = 0; n < 3; n++)
        {
            var own = scores[n, ..model.OutputLength((int)s_lengths[n])];
            var right = Numbers(expected.GetProperty("logits")[n]);
            Close(right, [.. own.reshape(-1).data<float>().Select(v => (double)v)], $"scores of utterance {n}");
            loss += (own.reshape(-1) * Noise(own.numel(), 900 + n).to(ScalarType.Float32)).sum();
        }

        loss.backward();
        foreach (var (parameter, value) in model.named_parameters())
        {
            var gradient = value.grad!.to(ScalarType.Float64).reshape(-1);
            var right = Numbers(expected.GetProperty("gradients").GetProperty(parameter));
            Close(right, [(gradient * Noise(gradient.numel(), 800)).sum().ToDouble(), gradient.norm().ToDouble()], $"gradient of {parameter}");
        }
    }

    private static SpeechNetwork Create(string name)
    {
        SpeechNetwork model = name.StartsWith("deep-speech-2", StringComparison.Ordinal)
            ? new DeepSpeech2(Bins, Classes, 0.05)
            : new DeepSpeech(Bins, Classes, 6.0 / 1024, name.Contains("every frame", StringComparison.Ordinal) ? 1 : 2, dropout: 0);
        using var quiet = no_grad();
        foreach (var (parameter, (name_, value)) in model.named_parameters().Select((p, i) => (i, p)))
        {
            var noise = Noise(value.numel(), parameter + 1);
            noise = name_.EndsWith("norm.weight", StringComparison.Ordinal) ? 6 + (4 * noise)
                : value.dim() == 1 ? noise / 2
                : noise * (name_.Contains("_hh", StringComparison.Ordinal) ? 1.2 : 2.4) / Math.Sqrt((double)value.numel() / value.size(0));
            value.copy_(noise.view(value.shape));
        }

        foreach (var (buffer, value) in model.named_buffers().Where(b => b.buffer.dim() == 1))
        {
            var norm = model.named_children().Where(c => c.name.EndsWith("_norm", StringComparison.Ordinal)).ToList().FindIndex(c => buffer.StartsWith(c.name + ".", StringComparison.Ordinal));
            value.copy_(buffer.EndsWith("mean", StringComparison.Ordinal) ? Noise(value.numel(), 500 + norm) / 2 : 60 + (30 * Noise(value.numel(), 600 + norm)));
        }

        model.train(!name.EndsWith("evaluation", StringComparison.Ordinal));
        return model;
    }

    private static Tensor Noise(long count, long stream)
    {
        var x = ((arange(count, dtype: ScalarType.Int64) * 7919) + (stream * 104729) + 12345).remainder(65521);
        x = ((x * x) + (31 * x) + stream).remainder(65521);
        return (x.to(ScalarType.Float64) / 65521 * 2) - 1;
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    private static void Close(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var size = Math.Sqrt(expected.Sum(v => v * v));
        var difference = Math.Sqrt(expected.Zip(actual).Sum(p => (p.First - p.Second) * (p.First - p.Second)));
        Assert.True(difference <= 2e-4 * size, $"{what}: off by {difference} of {size}");
    }
}
