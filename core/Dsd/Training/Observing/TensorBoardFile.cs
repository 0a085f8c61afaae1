using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace Dsd.Training;

/// <summary>An event file of TensorBoard: records of length, checksum, content and checksum, each complete before it can be seen.</summary>
/// <remarks>
/// The messages are those of TorchSharp. Its SummaryWriter is not used: it opens the file anew for every value, gives all of them the time 0, takes 32-bit steps, and has no hyper-parameters.
/// </remarks>
internal sealed class TensorBoardFile : IDisposable
{
    private const uint MaskDelta = 0xa282ead8;
    private static int s_files;
    private readonly FileStream _file;

    /// <summary>Creates a file in a folder, beside those of earlier runs and of earlier parts of this one.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public TensorBoardFile(string folder)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.dsd.{Environment.ProcessId}.{Interlocked.Increment(ref s_files)}");
        _file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 1);
        Write(new Event { FileVersion = "brain.Event:2" });
    }

    /// <summary>Appends values of one step.</summary>
    public void Write(long step, IEnumerable<Summary.Types.Value> values)
    {
        var summary = new Summary();
        summary.Value.AddRange(values);
        if (summary.Value.Count > 0)
        {
            Write(new Event { Step = step, Summary = summary });
        }
    }

    public void Dispose() => _file.Dispose();

    private void Write(Event happened)
    {
        happened.WallTime = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds;
        var content = happened.ToByteArray();
        var record = new byte[sizeof(ulong) + sizeof(uint) + content.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), Checksum(record.AsSpan(0, sizeof(ulong))));
        content.CopyTo(record, sizeof(ulong) + sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - sizeof(uint)), Checksum(content));
        _file.Write(record);
        _file.Flush();
    }

    /// <summary>Computes the CRC-32C of bytes, rotated and shifted as the format has it.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return unchecked(BitOperations.RotateRight(~crc, 15) + MaskDelta);
    }
}
