using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Whole numbers of each step on a device, such as the examples of its batch: computed for many steps at once and copied together.</summary>
/// <remarks>
/// Within a chunk of steps, a step reads nothing from the host and copies nothing to the device. The numbers are a pure function of the step;
/// steps may be asked for in any order and from many threads.
/// </remarks>
internal sealed class StepTable
{
    /// <summary>The numbers in a chunk, at most, unless a single step has more: 262,144, which are 2 MB.</summary>
    public const int MostNumbers = 1 << 18;

    private readonly Lock _gate = new();
    private readonly Action<long, Span<long>> _fill;
    private readonly Device _device;
    private readonly long[] _shape;
    private readonly int _numbers;
    private readonly int _steps;
    private Tensor? _chunk;
    private long _first = -1;

    /// <summary>Creates the table; nothing is computed yet.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The shape of a step's numbers.</param>
    /// <param name="fill">Writes the numbers of a step.</param>
    /// <param name="mostNumbers">The numbers in a chunk, at most. Default <see cref="MostNumbers"/>.</param>
    public StepTable(Device device, long[] shape, Action<long, Span<long>> fill, int mostNumbers = MostNumbers)
    {
        (_device, _shape, _fill) = (device, shape, fill);
        _numbers = (int)shape.Aggregate(1L, (product, size) => product * size);
        _steps = Math.Max(1, mostNumbers / _numbers);
    }

    /// <summary>The shape of a step's numbers.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>Writes the numbers of a step, on the host.</summary>
    public void Fill(long step, Span<long> numbers) => _fill(step, numbers);

    /// <summary>Gets the numbers of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <returns>A view of int64 on the device; the caller owns it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public Tensor At(long step)
    {
        if (step < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(step), step, "Steps count from 0.");
        }

        lock (_gate)
        {
            if (_chunk is null || step < _first || step - _first >= _steps)
            {
                var first = step - (step % _steps);
                var chunk = Chunk(first);
                _chunk?.Dispose();
                (_chunk, _first) = (chunk, first);
            }

            return _chunk.select(0, step - _first);
        }
    }

    private Tensor Chunk(long first)
    {
        using var scope = NewDisposeScope();
        var host = empty([_steps, .. _shape], dtype: ScalarType.Int64, device: CPU);
        var numbers = MemoryMarshal.Cast<byte, long>(host.bytes);
        for (var i = 0; i < _steps; i++)
        {
            _fill(first + i, numbers.Slice(i * _numbers, _numbers));
        }

        return DeviceCopy.Send(host, _device).DetachFromDisposeScope();
    }
}
