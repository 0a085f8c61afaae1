namespace Dsd.Schedules;

/// <summary>The distribution of a phase's sparsity over its layers, except those with a level of their own.</summary>
public sealed record SparsityDistribution
{
    private SparsityDistribution(string name, bool isCustom, double power = 1) => (Name, IsCustom, Power) = (name, isCustom, power);

    /// <summary>Each layer has the sparsity of the phase, as in the paper.</summary>
    public static SparsityDistribution Uniform { get; } = new("uniform", false);

    /// <summary>One ranking over all layers: together they have the sparsity of the phase, each keeps at least one weight.</summary>
    public static SparsityDistribution Global { get; } = new("global", false);

    /// <summary>Erdős–Rényi with kernels: a layer's density is proportional to the sum of its dimensions over their product, at most 1 (Evci et al., 2020).</summary>
    public static SparsityDistribution Erk { get; } = new("erk", false);

    /// <summary>Erdős–Rényi: a layer's density is proportional to (outputs + inputs) / (outputs × inputs), at most 1 (Mocanu et al., 2018).</summary>
    public static SparsityDistribution Er { get; } = new("er", false);

    /// <summary>The name, e.g. <c>"erk"</c>.</summary>
    public string Name { get; }

    /// <summary>True if the distribution is a custom function, which the plan must be given under that name.</summary>
    public bool IsCustom { get; }

    /// <summary>The power of the raw density of ERK and ER: 1 as published; towards 0 layers become alike.</summary>
    public double Power { get; }

    /// <summary>True if a function assigns each layer its level, rather than one level for all or one ranking.</summary>
    internal bool HasLevels => this != Uniform && this != Global;

    /// <summary>Copies ERK or ER with another power of the raw density.</summary>
    /// <param name="power">Above 0 and finite; 1 as published.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="power"/> is outside that range.</exception>
    /// <exception cref="InvalidOperationException">The distribution is neither ERK nor ER.</exception>
    public SparsityDistribution WithPower(double power) =>
        Name != Erk.Name && Name != Er.Name ? throw new InvalidOperationException($"The distribution {this} has no power; ERK and ER have one.")
        : power > 0 && double.IsFinite(power) ? new(Name, false, power)
        : throw new ArgumentOutOfRangeException(nameof(power), power, "The power of a distribution is a finite number above 0.");

    /// <summary>A custom function, passed to the plan under this name with <c>MaskMethods.WithDistribution</c>.</summary>
    /// <param name="name">The name, not empty and not that of a built-in distribution.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    public static SparsityDistribution Custom(string name) => CustomOfFile(CustomName.Of(name, "perLayer"));

    /// <summary>A custom function in a file, where older versions allowed the older name of the uniform distribution.</summary>
    internal static SparsityDistribution CustomOfFile(string name) => new(CustomName.Of(name, Uniform.Name, Global.Name, Erk.Name, Er.Name), true);

    /// <summary>Formats the distribution, e.g. <c>"per layer"</c>, <c>"global"</c> or <c>"ERK"</c>.</summary>
    public override string ToString() =>
        IsCustom ? $"custom '{Name}'"
        : this == Uniform ? "per layer"
        : this == Global ? "global"
        : Name.ToUpperInvariant() + (Power == 1 ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $" (power {Power:R})"));
}
