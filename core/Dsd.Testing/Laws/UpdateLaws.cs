using Dsd.Masks;
using Dsd.Schedules;
using FsCheck.Fluent;
using static TorchSharp.torch;

namespace Dsd.Testing;

// The laws of updates, which make the next mask of a layer from the current one.
public static partial class MaskLaws
{
    internal const string CountKept = "counts are kept over many updates";
    internal const string DropsLowest = "drops only the lowest";
    internal const string GrowsHighest = "grows only the highest";
    internal const string Exchange = "exchanges no more than its fraction";

    private const int Updates = 12;

    private static readonly string[] s_update = [NoError, Count, CountKept, DropsLowest, GrowsHighest, Exchange, Deterministic, Independent, ChangesNothing];

    /// <summary>Checks an update that drops some kept weights and grows as many pruned ones.</summary>
    /// <param name="update">The update.</param>
    /// <param name="settings">Its numbers as a schedule has them, with the fraction to exchange. Default: 0.3, every step.</param>
    /// <param name="dropsBy">The scores of the kept weights, of which the lowest are dropped. Default null: absolute values.</param>
    /// <param name="growsBy">The scores of the pruned weights, of which the highest are grown, e.g. <c>l => l.Gradient!.abs()</c>. Default null: not checked.</param>
    /// <param name="options">The number, seed and size of the cases. Default: 100 cases of seed 1.</param>
    /// <param name="on">The one case to check. Default null: random ones.</param>
    /// <exception cref="LawException">A law does not hold.</exception>
    public static LawReport CheckUpdate(
        IMaskUpdate update,
        MaskUpdate? settings = null,
        Func<MaskContext, Tensor>? dropsBy = null,
        Func<MaskContext, Tensor>? growsBy = null,
        LawOptions? options = null,
        UpdateCase? on = null)
    {
        ArgumentNullException.ThrowIfNull(update);
        Torch.TorchRuntime.Configure();
        settings ??= MaskUpdate.Custom("own", 1, 0.3);
        dropsBy ??= layer => layer.Weight.abs();
        var run = new CaseRun<UpdateCase>("mask update", s_update, Check, c => c.Shrink(), (c, code) => $"MaskLaws.CheckUpdate(update, {code.Argument("on", c.Print(code))})");
        return on is null ? run.Check(Generators.UpdateCases().Generator.Select(c => c.On((options ?? new()).Device)), options) : run.Check([on], (options ?? new()).Seed);

        void Check(UpdateCase c, Findings findings)
        {
            var context = c.Context();
            var (held, before) = (context.Mask!, (Bits(context.Weight), Bits(context.Gradient!)));
            if (Next(c, findings, context) is not { } mask || !findings.Check(Count, mask.Kept == held.Kept, () => $"{held.Kept} of {held.Count} kept, as before", () => $"{mask.Kept} kept: {Text(mask)} after {Text(held)}"))
            {
                return;
            }

            findings.Check(
                ChangesNothing,
                before.Item1.SequenceEqual(Bits(context.Weight)) && before.Item2.SequenceEqual(Bits(context.Gradient!)),
                () => "weights and gradients as they were",
                () => "others");
            CheckExchange(c, findings, held, mask);
            Same(Deterministic, c, "the same mask for the same layer, seed and step");

            // Many updates of one layer, each from the mask before.
            var at = c;
            for (var i = 0; i < Updates; i++)
            {
                if (Next(at, findings, at.Context()) is not { } next
                    || !findings.Check(CountKept, next.Kept == held.Kept, () => $"{held.Kept} kept after each update", () => $"{next.Kept} after update {i + 1}"))
                {
                    return;
                }

                at = at.Next(next, settings.IntervalSteps ?? 1);
            }

            Same(Independent, c, "the same mask after updates of other layers");

            void Same(string law, UpdateCase again, string expected)
            {
                var other = Next(again, findings, again.Context());
                findings.Check(law, mask.Equals(other), () => $"{expected}: {Text(mask)}", () => other is null ? "none" : Text(other));
            }
        }

        BitMask? Next(UpdateCase c, Findings findings, MaskContext context)
        {
            BitMask? mask = null;
            _ = findings.Try(NoError, "a mask", () => mask = update.Choose(context, settings, context.Mask!.Kept));
            findings.Check(NoError, findings.Broken is not null || mask?.Count == c.Weights.Count, () => $"a mask of {c.Weights.Count} weights", () => mask?.ToString() ?? "null");
            return mask?.Count == c.Weights.Count ? mask : null;
        }

        void CheckExchange(UpdateCase c, Findings findings, BitMask held, BitMask mask)
        {
            var most = settings.Fraction == 0 ? held.Kept : (long)Math.Ceiling((decimal)settings.Fraction * held.Kept);
            var exchange = new Exchanged(held, mask, Values(dropsBy(c.Context())));
            findings.Check(Exchange, exchange.Dropped.Count <= most, () => FormattableString.Invariant($"at most {most} of {held.Kept} dropped"), () => $"{exchange.Dropped.Count} dropped");
            exchange.Check(findings, DropsLowest, most);
            if (growsBy is not null)
            {
                exchange.CheckGrown(findings, GrowsHighest, Values(growsBy(c.Context())), "");
            }
        }
    }
}
