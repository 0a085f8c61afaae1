using System.Buffers.Binary;
using System.Text;

namespace Dsd.Torch;

/// <summary>Edits the list of symbol versions that a 64-bit little-endian ELF library requires of other libraries.</summary>
/// <remarks>
/// The dynamic loader refuses a library when a required version is missing, unless the requirement is flagged weak; it checks
/// only that the version exists, not that a symbol of it is used. Source: Linux Standard Base 5.0, core,
/// "Symbol versioning", and the ELF-64 object file format, version 1.5.
/// </remarks>
internal static class ElfSymbolVersions
{
    private const int FileHeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int NeedSize = 16;
    private const int NeedEntrySize = 16;
    private const uint VersionNeedSection = 0x6FFFFFFE;
    private const ushort WeakFlag = 2;

    /// <summary>Flags every requirement for one symbol version as weak, in place.</summary>
    /// <param name="library">The bytes of the whole library; at most two of them change per requirement.</param>
    /// <param name="version">The version's name, ASCII, e.g. <c>"GLIBCXX_3.4.32"</c>.</param>
    /// <returns>True if a flag was set; false if the version is not required or its requirement was weak already.</returns>
    /// <exception cref="DsdException">The bytes are not such a library, or are truncated or damaged.</exception>
    public static bool Weaken(Span<byte> library, string version)
    {
        var wanted = Encoding.ASCII.GetBytes(version);
        CheckFileHeader(library);
        var table = U64(library, 40);
        var entrySize = U16(library, 58);
        var count = U16(library, 60);
        if (count > 0 && entrySize != SectionHeaderSize)
        {
            throw Damaged($"section headers are {entrySize} bytes long, not {SectionHeaderSize}");
        }

        var changed = false;
        for (var i = 0; i < count; i++)
        {
            var header = Part(library, table, (ulong)i * SectionHeaderSize, SectionHeaderSize, "section header");
            if (U32(header, 4) == VersionNeedSection)
            {
                var names = Section(library, SectionHeader(library, table, count, U32(header, 40)));
                changed |= WeakenSection(Section(library, header), names, wanted, U32(header, 44));
            }
        }

        return changed;
    }

    private static void CheckFileHeader(ReadOnlySpan<byte> library)
    {
        if (library.Length < FileHeaderSize || !library.StartsWith("\u007fELF"u8))
        {
            throw Damaged("it does not start with an ELF header");
        }

        if (library[4] != 2 || library[5] != 1)
        {
            throw Damaged("it is not for a 64-bit little-endian machine");
        }
    }

    private static bool WeakenSection(Span<byte> section, ReadOnlySpan<byte> names, ReadOnlySpan<byte> wanted, uint needs)
    {
        var changed = false;

        // No two entries of a valid section share bytes, so this bounds the work on an invalid one.
        var entriesLeft = section.Length / NeedEntrySize;
        ulong at = 0;
        for (var n = 0U; n < needs; n++)
        {
            var need = Part(section, at, 0, NeedSize, "version requirement");
            var entryAt = at + U32(need, 8);
            var entries = U16(need, 2);
            for (var e = 0; e < entries; e++)
            {
                if (entriesLeft-- <= 0)
                {
                    throw Damaged("its version requirements overlap");
                }

                var entry = Part(section, entryAt, 0, NeedEntrySize, "version entry");
                if (NameIs(names, U32(entry, 8), wanted))
                {
                    var flags = U16(entry, 4);
                    changed |= (flags & WeakFlag) == 0;
                    BinaryPrimitives.WriteUInt16LittleEndian(entry[4..], (ushort)(flags | WeakFlag));
                }

                if (!Advance(ref entryAt, U32(entry, 12)))
                {
                    break;
                }
            }

            if (!Advance(ref at, U32(need, 12)))
            {
                break;
            }
        }

        return changed;
    }

    private static bool Advance(ref ulong at, uint distance)
    {
        if (distance is > 0 and < NeedEntrySize)
        {
            throw Damaged("its version requirements overlap");
        }

        at += distance;
        return distance > 0;
    }

    private static bool NameIs(ReadOnlySpan<byte> names, uint start, ReadOnlySpan<byte> wanted)
    {
        if (start >= names.Length)
        {
            throw Damaged("the name of a version lies outside the table of names");
        }

        var name = names[(int)start..];
        return name.Length > wanted.Length && name[wanted.Length] == 0 && name.StartsWith(wanted);
    }

    private static Span<byte> SectionHeader(Span<byte> library, ulong table, ushort count, uint index)
    {
        if (index >= count)
        {
            throw Damaged($"it names section {index} of {count}");
        }

        return Part(library, table, (ulong)index * SectionHeaderSize, SectionHeaderSize, "section header");
    }

    private static Span<byte> Section(Span<byte> library, ReadOnlySpan<byte> header) =>
        Part(library, U64(header, 24), 0, U64(header, 32), "section");

    private static Span<byte> Part(Span<byte> bytes, ulong start, ulong offset, ulong length, string what)
    {
        var size = (ulong)bytes.Length;
        if (start > size || offset > size - start || length > size - start - offset)
        {
            throw Damaged($"a {what} lies beyond the end");
        }

        return bytes.Slice((int)(start + offset), (int)length);
    }

    // Callers pass spans whose length has been checked.
    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static DsdException Damaged(string reason) => new(
        $"The library cannot be read as an ELF file: {reason}. Expected a whole 64-bit little-endian shared library; "
        + "restore its package again.");
}
