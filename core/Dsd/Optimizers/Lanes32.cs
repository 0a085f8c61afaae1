using System.Runtime.CompilerServices;

namespace Dsd.Optimizers;

/// <summary>One weight: the remainder of a tensor, and everything on processors without vector instructions.</summary>
internal readonly unsafe struct Lanes32(float value) : ILanes<Lanes32>
{
    /// <summary>The smallest number above 0 of full precision, 2⁻¹²⁶.</summary>
    public const float SmallestNormal = 1.17549435e-38f;

    private readonly float _value = value;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 All(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 Load(float* from) => new(*from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 Kept(ulong bits) => new(BitConverter.Int32BitsToSingle(-(int)(bits & 1)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 Sqrt(Lanes32 lanes) => new(MathF.Sqrt(lanes._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 NotTiny(Lanes32 lanes) => new(BitConverter.Int32BitsToSingle(MathF.Abs(lanes._value) < SmallestNormal ? 0 : -1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 operator +(Lanes32 a, Lanes32 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 operator *(Lanes32 a, Lanes32 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 operator /(Lanes32 a, Lanes32 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 operator &(Lanes32 a, Lanes32 b) =>
        new(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(a._value) & BitConverter.SingleToInt32Bits(b._value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes32 operator |(Lanes32 a, Lanes32 b) =>
        new(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(a._value) | BitConverter.SingleToInt32Bits(b._value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => *to = _value;
}
