using System.Runtime.InteropServices;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Makes tensors from .NET arrays, rectangular or nested.</summary>
internal static class ArrayTensor
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
            return Made(new float[Product(dims, name)], number => Convert.ToSingle(number, null), (v, d) => tensor(v, d));
        }

        return type == typeof(long) || type == typeof(int) || type == typeof(short) || type == typeof(byte) || type == typeof(sbyte) || type == typeof(ushort)
            ? Made(new long[Product(dims, name)], number => Convert.ToInt64(number, null), (v, d) => tensor(v, d))
            : throw new ArgumentException($"The {name} are {array.GetType().Name}; give an array of float, double, int or long, or a tensor.", name);

        Tensor Made<T>(T[] values, Func<object, T> convert, Func<T[], long[], Tensor> make)
            where T : unmanaged
        {
            var next = 0;
            Fill(array, values, ref next, convert);

            // A tensor made from an array may use the array's own memory, whose alignment changes the bits of matrix products.
            using var made = make(values, [.. dims]);
            return made.clone();
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

    private static void Fill<T>(Array array, T[] values, ref int next, Func<object, T> convert)
        where T : unmanaged
    {
        if (array.GetType().GetElementType() == typeof(T))
        {
            var bytes = MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(array), Buffer.ByteLength(array));
            MemoryMarshal.Cast<byte, T>(bytes).CopyTo(values.AsSpan(next));
            next += array.Length;
            return;
        }

        foreach (var item in array)
        {
            if (item is Array row)
            {
                Fill(row, values, ref next, convert);
            }
            else
            {
                values[next++] = convert(item!);
            }
        }
    }

    private static int Product(List<long> dims, string name)
    {
        var product = dims.Aggregate(1L, (a, b) => a * b);
        return product is >= 1 and <= int.MaxValue ? (int)product : throw new ArgumentException(FormattableString.Invariant($"The {name} hold {product} numbers; an array can give 1 to {int.MaxValue}. Give a tensor for more."), name);
    }
}
