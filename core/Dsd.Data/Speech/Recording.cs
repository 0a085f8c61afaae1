namespace Dsd.Data;

/// <summary>A sound in memory: one channel of samples.</summary>
public sealed class Recording
{
    /// <summary>The longest sound that is read unless another limit is given: 60 s.</summary>
    public const double DefaultMaxSeconds = 60;

    private const long MostBytes = 1L << 30;
    private readonly float[] _samples;

    /// <summary>Takes samples as they are.</summary>
    /// <param name="samples">The samples, mostly from −1 to 1; at least one, each a number.</param>
    /// <param name="samplesPerSecond">How many there are a second, 1,000 to 1,000,000.</param>
    /// <exception cref="ArgumentException">There is no sample, or one is no number.</exception>
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
            throw new ArgumentOutOfRangeException(nameof(samplesPerSecond), samplesPerSecond, "A recording must have 1000 to 1000000 samples a second.");
        }

        _samples = samples;
        SamplesPerSecond = samplesPerSecond;
    }

    /// <summary>The samples.</summary>
    public ReadOnlyMemory<float> Samples => _samples;

    /// <summary>How many samples there are a second.</summary>
    public int SamplesPerSecond { get; }

    /// <summary>How long it lasts, in seconds.</summary>
    public double Seconds => _samples.Length / (double)SamplesPerSecond;

    /// <summary>Whether files can be read: whether libsndfile is installed.</summary>
    public static bool CanRead => SoundFile.IsAvailable;

    /// <summary>Reads a WAV, FLAC, Ogg or other file that libsndfile knows; several channels are mixed into one by their mean.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxSeconds">The longest sound allowed, in seconds. Default 60.</param>
    /// <exception cref="DsdException">
    /// libsndfile is not installed, or the file is missing, empty, damaged, cut off, too long, no sound, or holds samples that are no numbers.
    /// </exception>
    public static Recording Read(string path, double maxSeconds = DefaultMaxSeconds)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var (recording, problem) = TryRead(path, maxSeconds);
        return recording ?? throw new DsdException($"'{path}' {problem}. Replace the file or leave it out.");
    }

    /// <summary>Reads a file, or says what is wrong with it, as the rest of a sentence that begins with the file.</summary>
    internal static (Recording? Recording, string? Problem) TryRead(string path, double maxSeconds)
    {
        try
        {
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

    /// <summary>Reads a file that lies in memory, or says what is wrong with it.</summary>
    internal static (Recording? Recording, string? Problem) TryDecode(byte[] content, double maxSeconds)
    {
        var (samples, rate, problem) = SoundFile.Decode(content, maxSeconds);
        return problem is null ? (new(samples, rate), null) : (null, problem);
    }

    /// <summary>The same sound with another number of samples a second.</summary>
    /// <param name="samplesPerSecond">How many there are to be, 1,000 to 1,000,000.</param>
    /// <returns>This one where it has so many; else a new one, ⌈n · new / old⌉ samples long.</returns>
    /// <remarks>
    /// A low-pass filter, a sinc in Kaiser's window, is evaluated at the new instants. Below 0.89 of the lower Nyquist frequency the
    /// level is kept within 0.01 dB; what lies above that frequency is damped by 70 dB or more.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="samplesPerSecond"/> is outside its range.</exception>
    public Recording Resampled(int samplesPerSecond) =>
        samplesPerSecond == SamplesPerSecond ? this : new(SoundResampler.For(SamplesPerSecond, samplesPerSecond).Apply(_samples), samplesPerSecond);
}
