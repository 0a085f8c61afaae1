namespace Dsd.Data;

/// <summary>A sound in memory: one channel of samples.</summary>
internal sealed class Recording
{
    /// <summary>The default limit on the length of a sound: 60 s.</summary>
    public const double DefaultMaxSeconds = 60;

    private const long MostBytes = 1L << 30;
    private readonly float[] _samples;

    /// <summary>Wraps samples.</summary>
    /// <param name="samples">The samples, usually from −1 to 1; at least one, all finite.</param>
    /// <param name="samplesPerSecond">The sample rate in Hz, 1,000 to 1,000,000.</param>
    /// <exception cref="ArgumentException">There is no sample, or one is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="samplesPerSecond"/> is outside its range.</exception>
    public Recording(float[] samples, int samplesPerSecond)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Length == 0 || !Array.TrueForAll(samples, float.IsFinite))
        {
            throw new ArgumentException("A recording needs at least one sample, and each must be a finite number.", nameof(samples));
        }

        if (samplesPerSecond is < 1000 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(samplesPerSecond), samplesPerSecond, "The sample rate of a recording must be 1000 to 1000000 Hz.");
        }

        _samples = samples;
        SamplesPerSecond = samplesPerSecond;
    }

    /// <summary>The samples.</summary>
    public ReadOnlyMemory<float> Samples => _samples;

    /// <summary>The sample rate in Hz.</summary>
    public int SamplesPerSecond { get; }

    /// <summary>The duration in seconds.</summary>
    public double Seconds => _samples.Length / (double)SamplesPerSecond;

    /// <summary>True if sound files can be read, since libsndfile is installed.</summary>
    public static bool CanRead => SoundFile.IsAvailable;

    /// <summary>Reads a WAV, FLAC or Ogg file; several channels are averaged into one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxSeconds">The longest sound allowed, in seconds. Default 60.</param>
    /// <exception cref="DsdException">
    /// libsndfile is not installed, or the file is missing, empty, damaged, truncated, too long, not a sound, or holds samples that are not finite.
    /// </exception>
    public static Recording Read(string path, double maxSeconds = DefaultMaxSeconds)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var (recording, problem) = TryRead(path, maxSeconds);
        return recording ?? throw new DsdException($"'{path}' {problem}. Replace the file or leave it out.");
    }

    /// <summary>Reads a file, or returns the problem, as the rest of a sentence that starts with the file.</summary>
    internal static (Recording? Recording, string? Problem) TryRead(string path, double maxSeconds)
    {
        try
        {
            InputFile.Check(path);
            var length = new FileInfo(path).Length;
            return length <= MostBytes ? TryDecode(File.ReadAllBytes(path), maxSeconds) : (null, $"has {length} bytes, at most {MostBytes} are read");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, "is not there");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"cannot be read: {e.Message.TrimEnd('.')}");
        }
    }

    /// <summary>Decodes a file in memory, or returns the problem.</summary>
    internal static (Recording? Recording, string? Problem) TryDecode(byte[] content, double maxSeconds)
    {
        var (samples, rate, problem) = SoundFile.Decode(content, maxSeconds);
        return problem is null ? (new(samples, rate), null) : (null, problem);
    }

    /// <summary>Resamples the sound to another sample rate.</summary>
    /// <param name="samplesPerSecond">The new sample rate in Hz, 1,000 to 1,000,000.</param>
    /// <returns>The same recording if it already has this rate; else a new one of ⌈n · new / old⌉ samples.</returns>
    /// <remarks>
    /// A low-pass filter, a sinc in Kaiser's window, is evaluated at the new instants. Below 0.89 of the lower Nyquist frequency the
    /// level is kept within 0.01 dB; above that frequency the sound is attenuated by at least 70 dB.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="samplesPerSecond"/> is outside its range.</exception>
    public Recording Resampled(int samplesPerSecond) =>
        samplesPerSecond == SamplesPerSecond ? this : new(SoundResampler.For(SamplesPerSecond, samplesPerSecond).Apply(_samples), samplesPerSecond);
}
