using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data;

/// <summary>The log-power spectrogram of a sound: 161 frequency bins every 10 ms, normalised over the utterance.</summary>
/// <remarks>
/// Sound is resampled to 16 kHz. Each frame is 320 samples (20 ms) under a periodic Hann window; its discrete Fourier
/// transform has bins at 0, 50, … 8,000 Hz; frames start every 160 samples, and only whole ones count. A value is ln(|X|² + 10⁻⁸), of
/// samples from −1 to 1. Then each bin's mean over the utterance is subtracted, which removes the level and the colour of
/// microphone and room, and all values are divided by their remaining standard deviation; a sound without variation becomes zeros.
/// Bins and steps are those of Amodei et al., arXiv 1512.02595, section 3. Values are stored as 16-bit floats.
/// </remarks>
internal sealed class Spectrogram
{
    /// <summary>The number of frequency bins in a frame: 161.</summary>
    public const int Bins = (WindowSamples / 2) + 1;

    /// <summary>The sample rate: 16,000 Hz.</summary>
    public const int SamplesPerSecond = 16_000;

    /// <summary>The number of samples in a frame: 320, which is 20 ms.</summary>
    public const int WindowSamples = 320;

    /// <summary>The number of samples between the starts of frames: 160, which is 10 ms.</summary>
    public const int StepSamples = 160;

    private const float Floor = 1e-8f;
    private const double SmallestDeviation = 1e-4;

    // Hann's, periodic.
    private static readonly float[] s_window = [.. Enumerable.Range(0, WindowSamples).Select(i => (float)(0.5 - (0.5 * Math.Cos(2 * Math.PI * i / WindowSamples))))];

    private readonly Half[] _values;

    private Spectrogram(Half[] values) => _values = values;

    /// <summary>The number of frames, at least 1.</summary>
    public int Frames => _values.Length / Bins;

    /// <summary>The values, frame by frame.</summary>
    public ReadOnlyMemory<Half> Values => _values;

    /// <summary>Computes the number of frames of a sound at 16 kHz.</summary>
    /// <param name="samples">The number of samples.</param>
    /// <returns>The number of frames; 0 if the sound is shorter than a frame.</returns>
    public static int FramesOf(int samples) => samples < WindowSamples ? 0 : ((samples - WindowSamples) / StepSamples) + 1;

    /// <summary>Computes the spectrogram of a sound.</summary>
    /// <param name="recording">The sound, at any rate; at least 20 ms long.</param>
    /// <exception cref="ArgumentException">The sound is shorter than a frame, or has samples so large that their power is not finite.</exception>
    internal static Spectrogram Of(Recording recording)
    {
        ArgumentNullException.ThrowIfNull(recording);
        var (spectrogram, problem) = TryOf(recording);
        return spectrogram ?? throw new ArgumentException($"The sound {problem}.", nameof(recording));
    }

    /// <summary>Computes the spectrogram of a sound, or returns the problem, as the rest of a sentence that starts with its name.</summary>
    internal static (Spectrogram? Spectrogram, string? Problem) TryOf(Recording recording)
    {
        var samples = recording.Resampled(SamplesPerSecond).Samples.ToArray();
        if (samples.Length < WindowSamples)
        {
            return (null, FormattableString.Invariant($"lasts {1000 * recording.Seconds:0.0} ms, which is less than the 20 ms of a frame"));
        }

        var powers = Powers(samples);
        if (Array.TrueForAll(powers, float.IsFinite))
        {
            return (new(Normalised(powers)), null);
        }

        var (place, largest) = recording.Samples.ToArray().Index().MaxBy(s => MathF.Abs(s.Item));
        return (null, FormattableString.Invariant($"has a sample of {largest:R} at {place / (double)recording.SamplesPerSecond:0.0000} s, too large for its power to be a number; samples lie mostly from −1 to 1"));
    }

    /// <summary>Computes the log-power of each frame.</summary>
    private static float[] Powers(float[] samples)
    {
        var count = FramesOf(samples.Length);
        var frames = new float[count * WindowSamples];
        for (var frame = 0; frame < count; frame++)
        {
            var source = samples.AsSpan(frame * StepSamples, WindowSamples);
            var target = frames.AsSpan(frame * WindowSamples, WindowSamples);
            for (var i = 0; i < WindowSamples; i++)
            {
                target[i] = source[i] * s_window[i];
            }
        }

        // Sounds are read on several threads, where TorchSharp's scalars are not safe (core/docs/platform.md); so libtorch does the transform alone.
        TorchRuntime.Configure();
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var parts = fft.rfft(tensor(frames, [count, WindowSamples])).view_as_real().contiguous().data<float>();
        var powers = new float[count * Bins];
        for (var i = 0; i < powers.Length; i++)
        {
            var (real, imaginary) = (parts[2L * i], parts[(2L * i) + 1]);
            powers[i] = MathF.Log((real * real) + (imaginary * imaginary) + Floor);
        }

        return powers;
    }

    /// <summary>Normalises to zero mean per bin and a total standard deviation of 1.</summary>
    private static Half[] Normalised(float[] powers)
    {
        var (count, means, squares) = (powers.Length / Bins, new double[Bins], 0.0);
        for (var i = 0; i < powers.Length; i++)
        {
            means[i % Bins] += powers[i];
        }

        for (var i = 0; i < powers.Length; i++)
        {
            var difference = powers[i] - (means[i % Bins] / count);
            powers[i] = (float)difference;
            squares += difference * difference;
        }

        var deviation = Math.Sqrt(squares / powers.Length);
        var factor = deviation > SmallestDeviation ? (float)(1 / deviation) : 0;
        return Array.ConvertAll(powers, p => (Half)(p * factor));
    }
}
