using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd.Optimizers;

/// <summary>Sixteen weights side by side.</summary>
internal readonly unsafe struct Lanes512(Vector512<float> values) : ILanes<Lanes512>
{
    private readonly Vector512<float> _values = values;

    public static int Count => Vector512<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 All(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Kept(ulong bits)
    {
        var places = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        return new(Vector512.Equals(Vector512.Create((uint)bits) & places, places).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Sqrt(Lanes512 lanes) => new(Vector512.Sqrt(lanes._values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 NotTiny(Lanes512 lanes) => new(~Vector512.LessThan(Vector512.Abs(lanes._values), Vector512.Create(Lanes32.SmallestNormal)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 a, Lanes512 b) => new(a._values + b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 a, Lanes512 b) => new(a._values * b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator /(Lanes512 a, Lanes512 b) => new(a._values / b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator &(Lanes512 a, Lanes512 b) => new(a._values & b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator |(Lanes512 a, Lanes512 b) => new(a._values | b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _values.Store(to);
}
