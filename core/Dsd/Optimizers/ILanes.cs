namespace Dsd.Optimizers;

/// <summary>Some weights side by side, as many as one instruction takes; what a step's rule is written in.</summary>
/// <remarks>Every operation is IEEE 754's and rounds by itself, so that any width gives the same bits; nothing here may be fused.</remarks>
internal unsafe interface ILanes<T>
    where T : struct, ILanes<T>
{
    /// <summary>How many there are.</summary>
    static abstract int Count { get; }

    /// <summary>The same number in all lanes.</summary>
    static abstract T All(float value);

    /// <summary>Reads lanes from memory of any alignment.</summary>
    static abstract T Load(float* from);

    /// <summary>All bits of a lane where a bit of a mask is set, none where it is not.</summary>
    /// <param name="bits">The mask's bits, that of the first lane lowest; further ones are ignored.</param>
    static abstract T Kept(ulong bits);

    /// <summary>The square roots.</summary>
    static abstract T Sqrt(T lanes);

    /// <summary>All bits of a lane unless it is closer to 0 than any normal number, where processors compute slowly.</summary>
    static abstract T NotTiny(T lanes);

    static abstract T operator +(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    static abstract T operator &(T a, T b);

    static abstract T operator |(T a, T b);

    /// <summary>Writes the lanes to memory of any alignment.</summary>
    void Store(float* to);
}
