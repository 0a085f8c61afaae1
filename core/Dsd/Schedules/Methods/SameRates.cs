namespace Dsd.Schedules;

public static partial class Methods
{
    /// <summary>The control of Dense-Sparse-Dense training: its phases and rates without a mask.</summary>
    /// <param name="duration">The total length.</param>
    /// <param name="rate">The rate at the start, as of <see cref="Dsd"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    [Method("same-rates", "The phases and rates of dsd without a mask: what remains of its effect is not the mask's.", "Han et al., ICLR 2017, section 4.2 (as a lower learning rate, LLR)")]
    public static Schedule SameRates(Duration duration, double rate) => Dsd(duration, rate).AsDenseControl();
}
