namespace Dsd.Schedules;

/// <summary>A list of phases, at least one: what a run does, before it knows any network or data.</summary>
/// <remarks>
/// A phase without a name is called after its place: dense, sparse, redense, and from the second round on sparse 2, redense 2. Where
/// schedules are put together, phases that bear the name of their place are called after their new one; other names stay.
/// </remarks>
/// <example>
/// <code>
/// var schedule = Schedule.Start()
///     .Dense(epochs: 6, rate: LearningRate.Cosine(0.05))
///     .Sparse(epochs: 3, rate: 0.005, sparsity: 0.30, layers => layers.Keep("conv1").Set("fc*", 0.50))
///     .Dense(epochs: 3, rate: 0.0005)
///     .Build();
/// </code>
/// </example>
[TypeFormatterSource]
public sealed record Schedule
{
    /// <summary>Creates a schedule.</summary>
    /// <param name="phases">The phases in order, at least one.</param>
    /// <exception cref="ArgumentException">There is no phase.</exception>
    public Schedule(ValueList<Phase> phases)
    {
        ArgumentNullException.ThrowIfNull(phases);
        if (phases.Count == 0)
        {
            throw new ArgumentException("A schedule needs at least one phase.", nameof(phases));
        }

        Phases = Named(phases);
    }

    /// <summary>The phases in order.</summary>
    public ValueList<Phase> Phases { get; }

    /// <summary>The phases in order, those without a name that bear the name of their place: a schedule of these is this one.</summary>
    public ValueList<Phase> PhasesAsGiven => Nameless(Phases);

    /// <summary>Starts to write a schedule down phase by phase.</summary>
    public static ScheduleBuilder Start() => ScheduleBuilder.Empty;

    /// <summary>Dense-Sparse-Dense in its short form: each phase at a tenth of the rate before (Han et al., 2017, section 4).</summary>
    /// <remarks>The paper lets the rate of every phase fall to the end of ordinary training; its presets in Dsd.Models do. This form holds the two short phases still.</remarks>
    /// <param name="dense">The length of the first dense phase.</param>
    /// <param name="sparse">The length of the sparse phase.</param>
    /// <param name="redense">The length of the second dense phase.</param>
    /// <param name="sparsity">The fraction of weights pruned in every pruned layer, at least 0 and below 1.</param>
    /// <param name="rate">The rate at which the first phase starts; it falls along a cosine to a tenth, where the sparse phase goes on.</param>
    /// <param name="layers">Which layers are pruned. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sparsity"/> or <paramref name="rate"/> is out of range.</exception>
    public static Schedule Dsd(Duration dense, Duration sparse, Duration redense, double sparsity, double rate, LayerScope? layers = null) => new(
    [
        new Phase("dense", dense, LearningRate.Cosine(rate, Over(rate, 10))),
        new Phase("sparse", sparse, LearningRate.Constant(Over(rate, 10)), SparsityCurve.Constant(sparsity), layers: layers),
        new Phase("redense", redense, LearningRate.Constant(Over(rate, 100))),
    ]);

    /// <summary>The phases, several times over, named as if they were written one after another.</summary>
    /// <param name="times">How often, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is below 1.</exception>
    public Schedule Repeat(int times)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        return new(Enumerable.Repeat(PhasesAsGiven, times).SelectMany(p => p).ToValueList());
    }

    /// <summary>This schedule, then another, named as if their phases were written one after another.</summary>
    /// <param name="next">What follows.</param>
    public Schedule Then(Schedule next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new(PhasesAsGiven.Concat(next.PhasesAsGiven).ToValueList());
    }

    /// <summary>This schedule, longer or shorter as a whole: each phase keeps its part of the length, its rate and its sparsity.</summary>
    /// <param name="total">How long all phases take together, in the unit in which they are given.</param>
    /// <returns>
    /// Phases that end where they should to the nearest hundredth of an epoch, or the nearest step, and together take exactly
    /// <paramref name="total"/>.
    /// </returns>
    /// <exception cref="InvalidOperationException">Phases are given in another unit than <paramref name="total"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="total"/> is so short that a phase would have no length.</exception>
    public Schedule ScaledTo(Duration total)
    {
        ArgumentNullException.ThrowIfNull(total);
        var length = Phases.Select(p => p.Duration).Aggregate(Duration.Add);
        if (length.Unit != total.Unit)
        {
            throw new InvalidOperationException($"The schedule takes {length} and cannot be scaled to {total}: one counts epochs, the other steps. Write both in the same unit.");
        }

        var (whole, decimals) = ((decimal)length.Amount, total.Unit == DurationUnit.Epochs ? 2 : 0);
        var (before, end) = (0m, 0m);
        var phases = Phases;
        for (var i = 0; i < phases.Count; i++)
        {
            before += (decimal)phases[i].Duration.Amount;
            var next = i == phases.Count - 1 ? (decimal)total.Amount : Math.Round((decimal)total.Amount * before / whole, decimals);
            if (next <= end)
            {
                throw new ArgumentOutOfRangeException(nameof(total), total, $"{total} are too few: phase '{phases[i].Name}', {phases[i].Duration} of {length}, would have no length. Give more.");
            }

            phases = phases.SetItem(i, phases[i].WithDuration(total.Unit == DurationUnit.Epochs ? Duration.Epochs((double)(next - end)) : Duration.Steps((long)(next - end))));
            end = next;
        }

        return new(phases);
    }

    /// <summary>This schedule with every rate multiplied by a factor, so that their ratios stay.</summary>
    /// <param name="factor">A finite number above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="factor"/> is not such a number, or a product is none.</exception>
    public Schedule WithRatesTimes(double factor) => new(Phases.Select(p => p.WithRate(p.Rate.Times(factor))).ToValueList());

    /// <summary>The fair control: the same phases, lengths and rates without any mask.</summary>
    /// <remarks>Trained from the same first phase on the same data, it alone isolates what the mask does.</remarks>
    public Schedule AsDenseControl() => new(Phases.Select(p => p.AsDense()).ToValueList());

    /// <summary>The schedule as JSON, in the format of <see cref="ScheduleJson"/>.</summary>
    public string ToJson() => ScheduleJson.Write(this);

    /// <summary>Reads a schedule from JSON, in the format of <see cref="ScheduleJson"/>.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonFormatException">The text is not a schedule; the message says where and why.</exception>
    public static Schedule FromJson(string json) => ScheduleJson.Read(json);

    /// <summary>The phases in a Markdown table: name, length, rate, sparsity, how masks are chosen. The same in every culture.</summary>
    public string Describe()
    {
        var table = new TextTable("phase", "duration", "rate", "sparsity", "mask", "layers");
        foreach (var phase in Phases)
        {
            table.Row(
                phase.Name,
                phase.Duration.ToString(),
                phase.Rate.Course(phase.Duration),
                phase.IsDense ? "0" : phase.Sparsity.ToString(),
                phase.IsDense ? "none" : phase.MaskText,
                phase.IsDense ? "" : phase.Layers.ToString());
        }

        return FormattableString.Invariant($"Schedule: {Phases.Count} phase{(Phases.Count == 1 ? "" : "s")}\n\n{table}");
    }

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>Takes from phases the names that their schedule would give them again.</summary>
    private static ValueList<Phase> Nameless(ValueList<Phase> phases)
    {
        var given = phases.Select(p => p.WithoutName()).ToValueList();
        while (true)
        {
            // A name that comes back otherwise was given by hand; to keep it may free or take the names of later places.
            var named = Named(given);
            var wrong = Enumerable.Range(0, phases.Count).FirstOrDefault(i => named[i].Name != phases[i].Name, -1);
            if (wrong < 0)
            {
                return given;
            }

            given = given.SetItem(wrong, phases[wrong]);
        }
    }

    private static ValueList<Phase> Named(ValueList<Phase> phases)
    {
        var taken = phases.Select(p => p.Name).ToHashSet();
        for (var i = 0; i < phases.Count; i++)
        {
            if (phases[i].Name.Length > 0)
            {
                continue;
            }

            var stem = !phases[i].IsDense ? "sparse" : i == 0 ? "dense" : "redense";
            var name = stem;
            for (var number = 2; !taken.Add(name); number++)
            {
                name = FormattableString.Invariant($"{stem} {number}");
            }

            phases = phases.SetItem(i, phases[i].WithName(name));
        }

        return phases;
    }

    // In decimal, so that a tenth of 0.07 is 0.007 and not 0.007000000000000001; rates beyond its range lose nothing to see.
    private static double Over(double rate, int divisor) => rate is > 1e-9 and < 1e9 ? (double)((decimal)rate / divisor) : rate / divisor;
}
