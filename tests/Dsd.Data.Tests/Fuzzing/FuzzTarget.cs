namespace Dsd.Data.Tests.Fuzzing;

/// <summary>A parser under the fuzzer: whole files that it accepts, how to feed it one, and what it may do with a damaged one.</summary>
/// <param name="Name">Its name, which is that of its folder of finds too.</param>
/// <param name="FileName">The name of the file that it is given, with the extension that it expects.</param>
/// <param name="Samples">Makes whole files, each of which it accepts.</param>
/// <param name="Parse">Reads the file at a path with everything that a command does with its content; throws only <see cref="DsdException"/> and <see cref="Allowed"/>.</param>
internal sealed record FuzzTarget(string Name, string FileName, Func<IReadOnlyList<byte[]>> Samples, Action<string> Parse)
{
    /// <summary>What a reader may allocate for each byte of a file: the highest ratio of Deflate (RFC 1951).</summary>
    public const long BytesPerByte = 1032;

    /// <summary>The exceptions allowed beside <see cref="DsdException"/>, as the parser documents them. Default: none.</summary>
    public Type[] Allowed { get; init; } = [];

    /// <summary>What it may allocate of managed memory beside <see cref="BytesPerByte"/> for each byte of the file. Default: 64 MiB.</summary>
    public long MostManaged { get; init; } = 64L << 20;

    /// <summary>By how much the memory of the process may grow in a case; null where no native code reads the file. Default null.</summary>
    public long? MostResident { get; init; }

    /// <summary>How much of a share of the cases it gets: 1, or less where a case takes long. Default 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Changes of the format's own, such as those within a compressed part or with right checksums. Default: none.</summary>
    public Func<byte[], Random, byte[]>[] Own { get; init; } = [];

    public override string ToString() => Name;
}
