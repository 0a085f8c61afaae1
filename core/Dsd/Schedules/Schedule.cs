namespace Dsd.Schedules;

/// <summary>A list of at least one phase, independent of any network or data.</summary>
/// <remarks>
/// An unnamed phase is named by its place: dense, sparse, redense, and from the second round on sparse 2, redense 2. When
/// schedules are combined, phases with such a name are renamed by their new place; other names are kept.
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

    /// <summary>The phases in order, without the names that follow from their place: a schedule of these equals this one.</summary>
    public ValueList<Phase> PhasesAsGiven => Nameless(Phases);

    /// <summary>Starts building a schedule phase by phase.</summary>
    public static ScheduleBuilder Start() => ScheduleBuilder.Empty;

    /// <summary>Creates a Dense-Sparse-Dense schedule, each phase at a tenth of the previous learning rate (Han et al., 2017, section 4).</summary>
    /// <remarks>In the paper, the rate of every phase decays as in ordinary training, as in the presets of Dsd.Models. This form keeps the rates of the two short phases constant.</remarks>
    /// <param name="dense">The length of the first dense phase.</param>
    /// <param name="sparse">The length of the sparse phase.</param>
    /// <param name="redense">The length of the second dense phase.</param>
    /// <param name="sparsity">The fraction of weights pruned in every pruned layer, at least 0 and below 1.</param>
    /// <param name="rate">The learning rate at the start of the first phase; it decays along a cosine to a tenth, with which the sparse phase continues.</param>
    /// <param name="layers">The scope of pruning. Default: <see cref="LayerScope.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sparsity"/> or <paramref name="rate"/> is out of range.</exception>
    public static Schedule Dsd(Duration dense, Duration sparse, Duration redense, double sparsity, double rate, LayerScope? layers = null) => new(
    [
        new Phase("dense", dense, LearningRate.Cosine(rate, Over(rate, 10))),
        new Phase("sparse", sparse, LearningRate.Constant(Over(rate, 10)), SparsityCurve.Constant(sparsity), layers: layers),
        new Phase("redense", redense, LearningRate.Constant(Over(rate, 100))),
    ]);

    /// <summary>Repeats the phases, named as if they were written one after another.</summary>
    /// <param name="times">The number of repetitions, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is below 1.</exception>
    public Schedule Repeat(int times)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        return new(Enumerable.Repeat(PhasesAsGiven, times).SelectMany(p => p).ToValueList());
    }

    /// <summary>Appends another schedule, with phases named as if they were written one after another.</summary>
    /// <param name="next">The schedule to append.</param>
    public Schedule Then(Schedule next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new(PhasesAsGiven.Concat(next.PhasesAsGiven).ToValueList());
    }

    /// <summary>Scales the schedule to a total length: each phase keeps its fraction of the length, its rate and its sparsity.</summary>
    /// <param name="total">The total length of all phases, in their unit.</param>
    /// <returns>
    /// Phases with ends rounded to the nearest hundredth of an epoch, or the nearest step, and a total of exactly
    /// <paramref name="total"/>.
    /// </returns>
    /// <exception cref="InvalidOperationException">Phases and <paramref name="total"/> have different units.</exception>
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
                throw new ArgumentOutOfRangeException(nameof(total), total, $"{total} is too short: phase '{phases[i].Name}', {phases[i].Duration} of {length}, would have no length. Use a longer total.");
            }

            phases = phases.SetItem(i, phases[i].WithDuration(total.Unit == DurationUnit.Epochs ? Duration.Epochs((double)(next - end)) : Duration.Steps((long)(next - end))));
            end = next;
        }

        return new(phases);
    }

    /// <summary>Multiplies every learning rate by a factor, which keeps their ratios.</summary>
    /// <param name="factor">A finite number above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="factor"/> or a product is not such a number.</exception>
    public Schedule WithRatesTimes(double factor) => new(Phases.Select(p => p.WithRate(p.Rate.Times(factor))).ToValueList());

    /// <summary>Multiplies the learning rates of all phases after the first by a factor, so that the first one trains as before.</summary>
    /// <param name="factor">A finite number above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="factor"/> or a product is not such a number.</exception>
    public Schedule WithLaterRatesTimes(double factor) => new(Phases.Select((p, i) => i == 0 ? p : p.WithRate(p.Rate.Times(factor))).ToValueList());

    /// <summary>Creates the fair control: the same phases, lengths and learning rates without any mask.</summary>
    /// <remarks>Trained from the same first phase on the same data, only this control isolates the effect of the mask.</remarks>
    public Schedule AsDenseControl() => new(Phases.Select(p => p.AsDense()).ToValueList());

    /// <summary>Writes the schedule as JSON, in the format that core/docs/json-files.md describes.</summary>
    public string ToJson() => ScheduleJson.Write(this);

    /// <summary>Reads a schedule from JSON, in the format that core/docs/json-files.md describes.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonFormatException">The text is not a schedule; the message gives the place and the reason.</exception>
    public static Schedule FromJson(string json) => ScheduleJson.Read(json);

    /// <summary>Formats the phases as a Markdown table: name, length, rate, sparsity, mask rule. Independent of culture.</summary>
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
                phase switch { { IsDense: false } => phase.MaskText, _ when phase.Mask == MaskRule.Default => "none", _ => "none, at sparsity 0" },
                phase.IsDense ? "" : phase.Layers.ToString());
        }

        return FormattableString.Invariant($"Schedule: {Phases.Count} phase{(Phases.Count == 1 ? "" : "s")}\n\n{table}");
    }

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>Removes the names that follow from the places of phases.</summary>
    private static ValueList<Phase> Nameless(ValueList<Phase> phases)
    {
        var given = phases.Select(p => p.WithoutName()).ToValueList();
        while (true)
        {
            // A name that would be assigned differently was given explicitly; keeping it may free or take the names of later places.
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

    // In decimal, so that a tenth of 0.07 is 0.007 and not 0.007000000000000001; outside its range the error is not visible.
    private static double Over(double rate, int divisor) => rate is > 1e-9 and < 1e9 ? (double)((decimal)rate / divisor) : rate / divisor;
}
