namespace Dsd.Schedules;

/// <summary>The return of a network to earlier weights on entering a phase, after its masks are chosen: lottery tickets.</summary>
/// <remarks>
/// Parameters and buffers return, the optimiser starts anew, and pruned weights are 0. All weights return, pruned ones too: where they are restored, ranked or trained later, it is from
/// the value to which they returned, not from that at which they were pruned, unless <see cref="WithOnlyKept"/> leaves them as they were. Sources: Frankle and Carbin,
/// "The lottery ticket hypothesis", 2019; Frankle et al., "Linear mode connectivity and the lottery ticket hypothesis", 2020 (rewinding to a step after the start).
/// </remarks>
public sealed record Rewind
{
    private Rewind(string? phase, bool isRedrawn, bool onlyKept, ValueList<LayerSelector> layers) => (Phase, IsRedrawn, OnlyKept, Layers) = (phase, isRedrawn, onlyKept, layers);

    /// <summary>A return to the weights before the first step of the run.</summary>
    public static Rewind ToStart { get; } = new(null, false, false, ValueList<LayerSelector>.Empty);

    /// <summary>
    /// A fresh start: the weights of pruned layers are drawn anew, uniform within ±1/√(inputs of a unit), and everything else returns to its value before the first step; the control of
    /// a lottery ticket.
    /// </summary>
    public static Rewind Redrawn { get; } = new(null, true, false, ValueList<LayerSelector>.Empty);

    /// <summary>The name of the phase at whose end the weights were as they will be; null for the start of the run.</summary>
    public string? Phase { get; }

    /// <summary>True if the weights of pruned layers are drawn anew instead.</summary>
    public bool IsRedrawn { get; }

    /// <summary>True if weights that the masks do not keep stay as they are, instead of returning too.</summary>
    public bool OnlyKept { get; }

    /// <summary>The selectors of the layers that return; empty for all of the network.</summary>
    public ValueList<LayerSelector> Layers { get; }

    /// <summary>A return to the weights at the end of an earlier phase.</summary>
    /// <param name="phase">The name of the phase.</param>
    /// <exception cref="ArgumentException"><paramref name="phase"/> is empty.</exception>
    public static Rewind ToEndOf(string phase)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(phase);
        return new(phase, false, false, ValueList<LayerSelector>.Empty);
    }

    /// <summary>Copies this return, limited to the weights that the masks of the phase keep or, in a layer without one, those of the sparse phase before kept.</summary>
    /// <remarks>The others stay as they are: in a layer without a mask as they were regrown; under a mask 0, with the value that they had when they were pruned to go on from.</remarks>
    public Rewind WithOnlyKept() => new(Phase, IsRedrawn, true, Layers);

    /// <summary>Copies this return, limited to the layers that a selector matches: all others stay as they are.</summary>
    /// <remarks>
    /// A selector matches as in a <see cref="LayerScope"/>, and a layer is a module: all its own parameters and buffers return, the bias too if only the weight is named, but not those of modules within it
    /// or beside it, such as the norm that follows; select that by its name or kind too. A parameter that layers share returns if one of them does. The optimiser starts anew for the whole network.
    /// </remarks>
    /// <param name="layers">The selectors, at least one; one that matches no layer is an issue of the plan.</param>
    /// <exception cref="ArgumentException"><paramref name="layers"/> is empty, or one of them is null.</exception>
    public Rewind WithLayers(params IEnumerable<LayerSelector> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var made = layers.ToValueList();
        return made.Count > 0 && made.All(l => l is not null)
            ? new(Phase, IsRedrawn, OnlyKept, made)
            : throw new ArgumentException("Give at least one selector of layers, none of them null; without a limit every layer returns.", nameof(layers));
    }

    /// <summary>Formats the return, e.g. <c>"rewound to the end of 'warm-up'"</c>.</summary>
    public override string ToString() =>
        (IsRedrawn ? "redrawn" : Phase is null ? "rewound to the start" : $"rewound to the end of '{Phase}'")
        + (Layers.Count == 0 ? "" : $" (only {string.Join(", ", Layers)})") + (OnlyKept ? ", kept weights only" : "");
}
