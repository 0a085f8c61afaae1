using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dsd.Optimizers;

/// <summary>Four weights side by side.</summary>
internal readonly unsafe struct Lanes128(Vector128<float> values) : ILanes<Lanes128>
{
    private readonly Vector128<float> _values = values;

    public static int Count => Vector128<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 All(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* from) => new(Vector128.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Kept(ulong bits)
    {
        var places = Vector128.Create(1u, 2, 4, 8);
        return new(Vector128.Equals(Vector128.Create((uint)bits) & places, places).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Sqrt(Lanes128 lanes) => new(Vector128.Sqrt(lanes._values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 NotTiny(Lanes128 lanes) => new(~Vector128.LessThan(Vector128.Abs(lanes._values), Vector128.Create(Lanes32.SmallestNormal)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 a, Lanes128 b) => new(a._values + b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 a, Lanes128 b) => new(a._values * b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 a, Lanes128 b) => new(a._values / b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator &(Lanes128 a, Lanes128 b) => new(a._values & b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator |(Lanes128 a, Lanes128 b) => new(a._values | b._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _values.Store(to);
}
