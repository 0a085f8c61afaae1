using System.Globalization;
using Dsd.Optimizers;
using static TorchSharp.torch;

namespace Dsd.Runs;

/// <summary>Which optimiser, with which constants, as plain data; its learning rate comes from the schedule.</summary>
public sealed record OptimizerSettings
{
    private OptimizerSettings(OptimizerKind kind, double momentum, double dampening, bool nesterov, double weightDecay)
    {
        Kind = kind;
        Momentum = momentum;
        Dampening = dampening;
        Nesterov = nesterov;
        WeightDecay = weightDecay;
    }

    /// <summary>Stochastic gradient descent with momentum 0.9 and weight decay 0.0005.</summary>
    public static OptimizerSettings Default { get; } = Sgd();

    /// <summary>Which optimiser.</summary>
    public OptimizerKind Kind { get; }

    /// <summary>The momentum, in [0, 1); 0 for Adam and AdamW.</summary>
    public double Momentum { get; }

    /// <summary>How much of each gradient momentum leaves out, in [0, 1); only SGD's.</summary>
    public double Dampening { get; }

    /// <summary>Whether momentum looks ahead; only SGD's.</summary>
    public bool Nesterov { get; }

    /// <summary>The weight decay, at least 0.</summary>
    public double WeightDecay { get; }

    /// <summary>Stochastic gradient descent.</summary>
    /// <param name="momentum">In [0, 1). Default 0.9.</param>
    /// <param name="weightDecay">At least 0. Default 0.0005.</param>
    /// <param name="dampening">In [0, 1). Default 0.</param>
    /// <param name="nesterov">Needs momentum above 0 and no dampening. Default false.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    /// <exception cref="ArgumentException">Nesterov's variant is asked for without momentum or with dampening.</exception>
    public static OptimizerSettings Sgd(double momentum = 0.9, double weightDecay = 5e-4, double dampening = 0, bool nesterov = false)
    {
        if (nesterov && (momentum == 0 || dampening != 0))
        {
            throw new ArgumentException("Nesterov's momentum needs a momentum above 0 and no dampening.", nameof(nesterov));
        }

        return new(OptimizerKind.Sgd, Fraction(momentum, nameof(momentum)), Fraction(dampening, nameof(dampening)), nesterov, Decay(weightDecay));
    }

    /// <summary>Adam with β 0.9 and 0.999 and ε 1e-8.</summary>
    /// <param name="weightDecay">At least 0, added to the gradient. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weightDecay"/> is outside its range.</exception>
    public static OptimizerSettings Adam(double weightDecay = 0) => new(OptimizerKind.Adam, 0, 0, false, Decay(weightDecay));

    /// <summary>AdamW with β 0.9 and 0.999 and ε 1e-8.</summary>
    /// <param name="weightDecay">At least 0, acts on the weights. Default 0.01.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weightDecay"/> is outside its range.</exception>
    public static OptimizerSettings AdamW(double weightDecay = 0.01) => new(OptimizerKind.AdamW, 0, 0, false, Decay(weightDecay));

    /// <summary>RMSProp with α 0.99 and ε 1e-8.</summary>
    /// <param name="momentum">In [0, 1). Default 0.</param>
    /// <param name="weightDecay">At least 0, added to the gradient. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static OptimizerSettings RmsProp(double momentum = 0, double weightDecay = 0) =>
        new(OptimizerKind.RmsProp, Fraction(momentum, nameof(momentum)), 0, false, Decay(weightDecay));

    /// <summary>These settings with another weight decay.</summary>
    /// <param name="weightDecay">At least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weightDecay"/> is outside its range.</exception>
    public OptimizerSettings WithWeightDecay(double weightDecay) => new(Kind, Momentum, Dampening, Nesterov, Decay(weightDecay));

    /// <summary>Builds the optimiser for parameters; call it after the model is on its device.</summary>
    /// <param name="parameters">The parameters to train.</param>
    /// <param name="rate">The learning rate to start with, above 0; a session sets it before each step.</param>
    /// <returns>
    /// A <see cref="MaskedSgd"/>, <see cref="MaskedAdam"/> or <see cref="MaskedAdamW"/>, which are TorchSharp's with a step that
    /// holds masks by itself; TorchSharp's own RMSProp.
    /// </returns>
    public optim.Optimizer Create(IEnumerable<TorchSharp.Modules.Parameter> parameters, double rate) => Kind switch
    {
        OptimizerKind.Adam => new MaskedAdam(parameters, rate, weightDecay: WeightDecay),
        OptimizerKind.AdamW => new MaskedAdamW(parameters, rate, weightDecay: WeightDecay),
        OptimizerKind.RmsProp => optim.RMSProp(parameters, rate, momentum: Momentum, weight_decay: WeightDecay),
        _ => new MaskedSgd(parameters, rate, Momentum, Dampening, WeightDecay, Nesterov),
    };

    /// <summary>The settings as text, e.g. <c>"sgd, momentum 0.9, weight decay 0.0005"</c>, the same in every culture.</summary>
    public override string ToString()
    {
        var parts = new List<string> { Kind.ToString().ToLowerInvariant() };
        Add("momentum", Momentum);
        Add("dampening", Dampening);
        Add("weight decay", WeightDecay);
        if (Nesterov)
        {
            parts.Add("Nesterov");
        }

        return string.Join(", ", parts);

        void Add(string name, double value)
        {
            if (value != 0)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {value:R}"));
            }
        }
    }

    private static double Fraction(double value, string name) => value is >= 0 and < 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"The {name} must be at least 0 and below 1.");

    private static double Decay(double weightDecay) => weightDecay >= 0 && double.IsFinite(weightDecay)
        ? weightDecay
        : throw new ArgumentOutOfRangeException(nameof(weightDecay), weightDecay, "The weight decay must be a finite number, at least 0.");
}
