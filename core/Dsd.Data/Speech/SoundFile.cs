using System.Runtime.InteropServices;

namespace Dsd.Data;

/// <summary>A decoder of sound files based on libsndfile, which is loaded at first use.</summary>
internal static unsafe partial class SoundFile
{
    private const string Library = "sndfile";
    private const int Read = 0x10;
    private const int BlockFrames = 1 << 16;
    private static readonly string[] s_names = OperatingSystem.IsWindows() ? ["sndfile.dll", "libsndfile-1.dll", "libsndfile.dll"]
        : OperatingSystem.IsMacOS() ? ["libsndfile.dylib", "libsndfile.1.dylib", "/opt/homebrew/lib/libsndfile.dylib", "/usr/local/lib/libsndfile.dylib"]
        : ["libsndfile.so.1", "libsndfile.so"];

    private static readonly Lazy<nint> s_library = new(() => s_names.Select(n => NativeLibrary.TryLoad(n, out var handle) ? handle : 0).FirstOrDefault(h => h != 0));

    static SoundFile() => NativeLibrary.SetDllImportResolver(
        typeof(SoundFile).Assembly, (name, _, _) => name == Library ? s_library.Value : 0);

    /// <summary>True if libsndfile is installed.</summary>
    public static bool IsAvailable => s_library.Value != 0;

    /// <summary>Decodes a file in memory, with its channels averaged into one.</summary>
    /// <param name="content">The file.</param>
    /// <param name="maxSeconds">The longest sound allowed, in seconds.</param>
    /// <returns>The samples and their rate in Hz, or the problem, as the rest of a sentence that starts with the file.</returns>
    /// <exception cref="DsdException">libsndfile is not installed.</exception>
    public static (float[] Samples, int Rate, string? Problem) Decode(byte[] content, double maxSeconds)
    {
        if (!IsAvailable)
        {
            throw new DsdException(
                $"Sound files are read through libsndfile, and none of {string.Join(", ", s_names)} was found. Install it: 'apt install libsndfile1' on Debian and its derivatives, "
                + "'dnf install libsndfile' on Fedora, 'brew install libsndfile' on macOS; on Windows put sndfile.dll of github.com/libsndfile on PATH.");
        }

        if (content.Length == 0)
        {
            return ([], 0, "is empty");
        }

        if (!SoundContainer.IsRead(content))
        {
            return ([], 0, "is not a WAV, FLAC or Ogg file; convert it to one of these");
        }

        content = SoundContainer.Closed(content);
        var memory = GCHandle.Alloc(new Memory(content));
        try
        {
            var access = new VirtualAccess { Length = &Length, Seek = &Seek, Read = &ReadBytes, Write = &Write, Tell = &Tell };
            var info = default(Info);
            var file = sf_open_virtual(&access, Read, &info, GCHandle.ToIntPtr(memory));
            if (file == 0)
            {
                return ([], 0, $"is not a sound that libsndfile can read: {Error(0)}");
            }

            try
            {
                return Decode(file, info, content, maxSeconds);
            }
            finally
            {
                _ = sf_close(file);
            }
        }
        finally
        {
            memory.Free();
        }
    }

    private static (float[] Samples, int Rate, string? Problem) Decode(nint file, Info info, byte[] content, double maxSeconds)
    {
        if (info.Channels is < 1 or > 64 || info.Rate is < 1000 or > 1_000_000)
        {
            return ([], info.Rate, FormattableString.Invariant($"declares {info.Channels} channels and a sample rate of {info.Rate} Hz; 1 to 64 channels and 1000 to 1000000 Hz are allowed"));
        }

        var most = (long)(maxSeconds * info.Rate);
        if (info.Frames > most && info.Frames < long.MaxValue / 2)
        {
            return ([], info.Rate, TooLong(info.Frames / (double)info.Rate, maxSeconds));
        }

        var samples = new List<float>((int)Math.Clamp(info.Frames, 0, most));
        var block = new float[BlockFrames * info.Channels];
        while (true)
        {
            long read;
            fixed (float* target = block)
            {
                read = sf_readf_float(file, target, BlockFrames);
            }

            if (read <= 0)
            {
                break;
            }

            if (samples.Count + read > most)
            {
                return ([], info.Rate, TooLong((samples.Count + read) / (double)info.Rate, maxSeconds, "at least "));
            }

            for (var frame = 0; frame < read; frame++)
            {
                var sum = 0f;
                for (var channel = 0; channel < info.Channels; channel++)
                {
                    sum += block[(frame * info.Channels) + channel];
                }

                samples.Add(sum / info.Channels);
            }
        }

        var problem = samples.Count == 0 ? "holds no samples"
            : sf_error(file) != 0 ? $"is damaged: {Error(file)}"
            : (info.Frames < long.MaxValue / 2 && samples.Count < info.Frames) || SoundContainer.IsCutOff(content) ? FormattableString.Invariant($"is cut off after {samples.Count / (double)info.Rate:0.00} s")
            : samples.Exists(s => !float.IsFinite(s)) ? "has samples that are not numbers"
            : null;
        return (problem is null ? [.. samples] : [], info.Rate, problem);
    }

    private static string TooLong(double seconds, double most, string atLeast = "") =>
        FormattableString.Invariant($"lasts {atLeast}{seconds:0.0} s, and utterances of at most {most:0.#} s are read");

    private static string Error(nint file) => Marshal.PtrToStringUTF8(sf_strerror(file))?.Trim().TrimEnd('.') ?? "no reason given";

    private static Memory Of(nint user) => (Memory)GCHandle.FromIntPtr(user).Target!;

    [UnmanagedCallersOnly]
    private static long Length(nint user) => Of(user).Content.Length;

    [UnmanagedCallersOnly]
    private static long Tell(nint user) => Of(user).Position;

    [UnmanagedCallersOnly]
    private static long Write(nint source, long count, nint user) => 0;

    [UnmanagedCallersOnly]
    private static long Seek(long offset, int whence, nint user)
    {
        var memory = Of(user);
        var position = offset + (whence switch { 0 => 0, 1 => memory.Position, _ => memory.Content.Length });
        return position < 0 || position > memory.Content.Length ? -1 : memory.Position = position;
    }

    [UnmanagedCallersOnly]
    private static long ReadBytes(nint target, long count, nint user)
    {
        var memory = Of(user);
        var read = (int)Math.Clamp(count, 0, memory.Content.Length - memory.Position);
        memory.Content.AsSpan((int)memory.Position, read).CopyTo(new Span<byte>((void*)target, read));
        memory.Position += read;
        return read;
    }

    [LibraryImport(Library)]
    private static partial nint sf_open_virtual(VirtualAccess* access, int mode, Info* info, nint user);

    [LibraryImport(Library)]
    private static partial long sf_readf_float(nint file, float* target, long frames);

    [LibraryImport(Library)]
    private static partial int sf_close(nint file);

    [LibraryImport(Library)]
    private static partial int sf_error(nint file);

    [LibraryImport(Library)]
    private static partial nint sf_strerror(nint file);

    /// <summary>A file in memory with its read position.</summary>
    private sealed class Memory(byte[] content)
    {
        public byte[] Content { get; } = content;

        public long Position { get; set; }
    }

    /// <summary>libsndfile's <c>SF_INFO</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Info
    {
        public long Frames;
        public int Rate;
        public int Channels;
        public int Format;
        public int Sections;
        public int Seekable;
    }

    /// <summary>libsndfile's <c>SF_VIRTUAL_IO</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct VirtualAccess
    {
        public delegate* unmanaged<nint, long> Length;
        public delegate* unmanaged<long, int, nint, long> Seek;
        public delegate* unmanaged<nint, long, nint, long> Read;
        public delegate* unmanaged<nint, long, nint, long> Write;
        public delegate* unmanaged<nint, long> Tell;
    }
}
