using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd.Optimizers;

/// <summary>Eight weights side by side.</summary>
internal readonly unsafe struct Lanes256(Vector256<float> values) : ILanes<Lanes256>
{
    private readonly Vector256<float> _values = values;

    public static int Count => Vector256<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 All(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* from) => new(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Kept(ulong bits)
    {
        var places = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        return new(Vector256.Equals(Vector256.Create((uint)bits) & places, places).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Sqrt(Lanes256 lanes) => new(Vector256.Sqrt(lanes._values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 NotTiny(Lanes256 lanes) => new(~Vector256.LessThan(Vector256.Abs(lanes._values), Vector256.Create(Lanes32.SmallestNormal)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 a, Lanes256 b) => new(a._values + b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 a, Lanes256 b) => new(a._values * b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 a, Lanes256 b) => new(a._values / b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator &(Lanes256 a, Lanes256 b) => new(a._values & b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator |(Lanes256 a, Lanes256 b) => new(a._values | b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _values.Store(to);
}
