using System.Numerics;
using System.Runtime.InteropServices;

namespace Dsd.Data;

/// <summary>A polyphase resampler of sound.</summary>
/// <remarks>
/// Rates are as L to M in lowest terms; output n lies at input n·M/L, and its fractional part is one of L phases, each with its own
/// taps. The filter is a sinc with its edge at 0.945 of the lower Nyquist frequency in Kaiser's window (J. Kaiser, 1974) of 40
/// zero crossings to either side, β = 6.76: a transition of 0.11 of that frequency, and 70 dB beyond it.
/// </remarks>
internal sealed class SoundResampler
{
    private const int Crossings = 40;
    private const double Edge = 0.945;
    private const double Beta = 6.76;
    private static SoundResampler? s_last;
    private readonly int _from;
    private readonly int _to;
    private readonly int _up;
    private readonly int _down;
    private readonly int _half;
    private readonly double _scale;
    private readonly float[]?[] _phases;

    private SoundResampler(int from, int to)
    {
        if (to is < 1000 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(to), to, "The sample rate of a recording must be 1000 to 1000000 Hz.");
        }

        var common = (int)BigInteger.GreatestCommonDivisor(from, to);
        (_from, _to) = (from, to);
        (_up, _down) = (to / common, from / common);
        _scale = Math.Min(1, to / (double)from) * Edge;
        _half = (int)Math.Ceiling(Crossings / _scale);
        _phases = new float[_up][];
    }

    /// <summary>Gets the filter for two rates; the last one is cached, since a data set usually has one rate.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="to"/> is not 1,000 to 1,000,000.</exception>
    public static SoundResampler For(int from, int to)
    {
        var last = s_last;
        return last?._from == from && last._to == to ? last : s_last = new(from, to);
    }

    /// <summary>Resamples, with silence before the start and after the end.</summary>
    public float[] Apply(ReadOnlySpan<float> samples)
    {
        var output = new float[checked((int)((((long)samples.Length * _up) + _down - 1) / _down))];
        var padded = new float[samples.Length + (2 * _half) + 1];
        samples.CopyTo(padded.AsSpan(_half));
        for (var n = 0; n < output.Length; n++)
        {
            var (whole, phase) = Math.DivRem((long)n * _down, _up);
            // Taps extend from _half before the instant to _half after it.
            output[n] = Dot(_phases[phase] ??= Taps(phase / (double)_up), padded.AsSpan((int)whole));
        }

        return output;
    }

    private static float Dot(ReadOnlySpan<float> taps, ReadOnlySpan<float> samples)
    {
        samples = samples[..taps.Length];
        var wide = MemoryMarshal.Cast<float, Vector<float>>(taps);
        var others = MemoryMarshal.Cast<float, Vector<float>>(samples);
        var sum = Vector<float>.Zero;
        for (var i = 0; i < wide.Length; i++)
        {
            sum += wide[i] * others[i];
        }

        var total = Vector.Sum(sum);
        for (var i = wide.Length * Vector<float>.Count; i < taps.Length; i++)
        {
            total += taps[i] * samples[i];
        }

        return total;
    }

    /// <summary>Computes the taps for an instant a fraction after a sample; they sum to 1, which preserves the level.</summary>
    private float[] Taps(double fraction)
    {
        var taps = new double[(2 * _half) + 1];
        for (var i = 0; i < taps.Length; i++)
        {
            var distance = i - _half - fraction;
            var place = distance / (_half + 1);
            var angle = Math.PI * distance * _scale;
            taps[i] = (angle == 0 ? 1 : Math.Sin(angle) / angle) * Bessel(Beta * Math.Sqrt(Math.Max(0, 1 - (place * place))));
        }

        var sum = taps.Sum();
        return [.. taps.Select(t => (float)(t / sum))];
    }

    /// <summary>Computes the modified Bessel function of the first kind and order 0, by its series.</summary>
    private static double Bessel(double x)
    {
        var (sum, term) = (1.0, 1.0);
        for (var k = 1; term > 1e-17 * sum; k++)
        {
            term *= x / (2 * k) * (x / (2 * k));
            sum += term;
        }

        return sum;
    }
}
