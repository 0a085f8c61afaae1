namespace Dsd.Optimizers;

/// <summary>A vector of weights, as wide as one instruction; update rules are written in terms of it.</summary>
/// <remarks>Every operation is IEEE 754's and rounds by itself, so that any width gives the same bits; nothing here may be fused.</remarks>
internal unsafe interface ILanes<T>
    where T : struct, ILanes<T>
{
    /// <summary>The number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>The same number in all lanes.</summary>
    static abstract T All(float value);

    /// <summary>Reads lanes from memory of any alignment.</summary>
    static abstract T Load(float* from);

    /// <summary>Lanes with all bits set where the mask bit is 1, and none where it is 0.</summary>
    /// <param name="bits">The mask's bits, that of the first lane lowest; further ones are ignored.</param>
    static abstract T Kept(ulong bits);

    /// <summary>The square roots.</summary>
    static abstract T Sqrt(T lanes);

    /// <summary>Lanes with all bits set, except where the value is subnormal, which processors compute slowly.</summary>
    static abstract T NotTiny(T lanes);

    static abstract T operator +(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    static abstract T operator &(T a, T b);

    static abstract T operator |(T a, T b);

    /// <summary>Writes the lanes to memory of any alignment.</summary>
    void Store(float* to);
}
