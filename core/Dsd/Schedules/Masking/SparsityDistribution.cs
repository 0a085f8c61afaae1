namespace Dsd.Schedules;

/// <summary>The distribution of a phase's sparsity over its layers: how much of each is pruned. Layers with a level of their own take no part.</summary>
public sealed record SparsityDistribution
{
    private SparsityDistribution(string name, bool isCustom) => (Name, IsCustom) = (name, isCustom);

    /// <summary>Each layer has the sparsity of the phase. The paper's way.</summary>
    public static SparsityDistribution Uniform { get; } = new("uniform", false);

    /// <summary>One ranking over all layers: together they have the sparsity of the phase, each keeps at least one weight.</summary>
    public static SparsityDistribution Global { get; } = new("global", false);

    /// <summary>Erdős–Rényi with kernels: a layer's density is proportional to the sum of its dimensions over their product, at most 1 (Evci et al., 2020).</summary>
    public static SparsityDistribution Erk { get; } = new("erk", false);

    /// <summary>Erdős–Rényi: a layer's density is proportional to (outputs + inputs) / (outputs × inputs), at most 1 (Mocanu et al., 2018).</summary>
    public static SparsityDistribution Er { get; } = new("er", false);

    /// <summary>The name, e.g. <c>"erk"</c>.</summary>
    public string Name { get; }

    /// <summary>Whether the user must give a function of that name.</summary>
    public bool IsCustom { get; }

    /// <summary>Whether a function gives each layer a level, rather than all the same or one ranking.</summary>
    internal bool HasLevels => this != Uniform && this != Global;

    /// <summary>A function of the user's, given to the plan under this name with <c>MaskMethods.WithDistribution</c>.</summary>
    /// <param name="name">The name, not empty and not that of a distribution that is built in.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty or built in.</exception>
    public static SparsityDistribution Custom(string name) => new(CustomName.Of(name, Uniform.Name, Global.Name, Erk.Name, Er.Name), true);

    /// <summary>The distribution as text, e.g. <c>"per layer"</c>, <c>"global"</c> or <c>"ERK"</c>.</summary>
    public override string ToString() =>
        IsCustom ? $"custom '{Name}'"
        : this == Uniform ? "per layer"
        : this == Global ? "global"
        : Name.ToUpperInvariant();
}
