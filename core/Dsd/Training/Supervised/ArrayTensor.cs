using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Makes tensors from .NET arrays, rectangular or nested.</summary>
internal static unsafe class ArrayTensor
{
    /// <summary>Makes a tensor from an array's numbers: 32-bit floats from floating-point numbers, 64-bit integers from integers.</summary>
    /// <exception cref="ArgumentException">The array is empty, ragged, or of another type.</exception>
    public static Tensor Of(Array array, string name)
    {
        ArgumentNullException.ThrowIfNull(array, name);

        // The first use of this assembly enables TorchSharp to load where it would not by itself; arrays may be a program's first tensors.
        _ = TorchRuntime.IsConfigured;
        var (type, dims) = (array.GetType(), new List<long>());
        Measure(array, dims, 0, name);
        while (type.IsArray)
        {
            type = type.GetElementType()!;
        }

        if (type == typeof(float) || type == typeof(double))
        {
            return Made(ScalarType.Float32, number => Convert.ToSingle(number, null));
        }

        return type == typeof(long) || type == typeof(int) || type == typeof(short) || type == typeof(byte) || type == typeof(sbyte) || type == typeof(ushort)
            ? Made(ScalarType.Int64, number => Convert.ToInt64(number, null))
            : throw new ArgumentException($"The {name} are {array.GetType().Name}; give an array of float, double, int or long, or a tensor.", name);

        Tensor Made<T>(ScalarType dtype, Func<object, T> convert)
            where T : unmanaged
        {
            if (dims.Contains(0))
            {
                throw new ArgumentException($"The {name} hold 0 numbers; give at least one.", name);
            }

            // Not torch.tensor: it may use the array's own memory, whose alignment changes the bits of matrix products, and takes no more numbers than an int counts.
            var made = empty([.. dims], dtype: dtype, device: CPU);
            var next = (T*)TensorMemory.Of(made);
            Fill(array, ref next, convert);
            return made;
        }
    }

    /// <summary>Copies an array's elements in row-major order, some at a time, since no span holds more than an int counts.</summary>
    internal static void Copy<T>(Array array, T* to, int most = 1 << 30)
        where T : unmanaged
    {
        ref var from = ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array));
        for (var first = 0L; first < array.LongLength; first += most)
        {
            var count = (int)Math.Min(most, array.LongLength - first);
            MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref from, (nint)first), count).CopyTo(new Span<T>(to + first, count));
        }
    }

    private static void Measure(Array array, List<long> dims, int depth, string name)
    {
        for (var d = 0; d < array.Rank; d++)
        {
            if (depth + d == dims.Count)
            {
                dims.Add(array.GetLength(d));
            }
            else if (dims[depth + d] != array.GetLength(d))
            {
                throw new ArgumentException(FormattableString.Invariant($"The {name} are ragged: one row has {dims[depth + d]} numbers, another {array.GetLength(d)}. All rows need the same length."), name);
            }
        }

        if (!array.GetType().GetElementType()!.IsArray)
        {
            return;
        }

        foreach (var row in array)
        {
            Measure(row as Array ?? throw new ArgumentException($"The {name} have a row that is null.", name), dims, depth + array.Rank, name);
        }
    }

    private static void Fill<T>(Array array, ref T* next, Func<object, T> convert)
        where T : unmanaged
    {
        if (array.GetType().GetElementType() == typeof(T))
        {
            Copy(array, next);
            next += array.LongLength;
            return;
        }

        foreach (var item in array)
        {
            if (item is Array row)
            {
                Fill(row, ref next, convert);
            }
            else
            {
                *next++ = convert(item!);
            }
        }
    }
}
