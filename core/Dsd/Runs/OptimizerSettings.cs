using System.Globalization;
using System.Runtime.CompilerServices;

namespace Dsd.Runs;

/// <summary>An optimiser and its constants as plain data; its learning rate comes from the schedule.</summary>
/// <remarks>
/// A constant that an optimiser does not have is 0 or false.
/// A trainer creates the live optimiser. Your own loop constructs one of <c>Dsd.Optimizers</c> or of TorchSharp: a session also takes Adagrad, Adadelta,
/// Adamax, NAdam, RAdam and ASGD (not LBFGS, which needs a closure, nor Rprop, which takes no rates).
/// </remarks>
public sealed record OptimizerSettings
{
    /// <summary>The default of <see cref="Beta1"/>: 0.9.</summary>
    public const double DefaultBeta1 = 0.9;

    /// <summary>The default of <see cref="Beta2"/>: 0.999.</summary>
    public const double DefaultBeta2 = 0.999;

    /// <summary>The default of <see cref="Epsilon"/>: 1e-8.</summary>
    public const double DefaultEpsilon = 1e-8;

    /// <summary>The default of <see cref="Alpha"/>: 0.99.</summary>
    public const double DefaultAlpha = 0.99;

    private OptimizerSettings(OptimizerKind kind, double weightDecay)
    {
        Kind = kind;
        WeightDecay = weightDecay;
    }

    /// <summary>Stochastic gradient descent with momentum 0.9 and weight decay 0.0005.</summary>
    public static OptimizerSettings Default { get; } = Sgd();

    /// <summary>The name of the optimiser, as <c>--optimizer</c> takes it: <c>"sgd"</c>, <c>"adam"</c>, <c>"adamw"</c> or <c>"rmsprop"</c>.</summary>
    public string Name => NameOf(Kind);

    /// <summary>The kind of optimiser.</summary>
    internal OptimizerKind Kind { get; }

    /// <summary>The number of values that the optimiser keeps for each weight.</summary>
    internal int StatesPerWeight => Kind switch
    {
        OptimizerKind.Sgd => Momentum > 0 ? 1 : 0,
        OptimizerKind.RmsProp => 1 + (Momentum > 0 ? 1 : 0) + (Centered ? 1 : 0),
        _ => 2,
    };

    /// <summary>The momentum of SGD and RMSProp, in [0, 1).</summary>
    public double Momentum { get; private init => field = Fraction(value); }

    /// <summary>The dampening of SGD's momentum, the fraction of each gradient that it leaves out, in [0, 1).</summary>
    public double Dampening { get; private init => field = Fraction(value); }

    /// <summary>True for Nesterov's variant of SGD's momentum.</summary>
    public bool Nesterov { get; private init; }

    /// <summary>The weight decay, at least 0.</summary>
    public double WeightDecay { get; private init => field = NotNegative(value); }

    /// <summary>The decay of Adam's and AdamW's running mean of gradients per step, in [0, 1).</summary>
    public double Beta1 { get; private init => field = Fraction(value); }

    /// <summary>The decay of Adam's and AdamW's running mean of squared gradients per step, in [0, 1).</summary>
    public double Beta2 { get; private init => field = Fraction(value); }

    /// <summary>The constant that Adam, AdamW and RMSProp add to the root of the mean square, at least 0.</summary>
    public double Epsilon { get; private init => field = NotNegative(value); }

    /// <summary>The decay of RMSProp's running mean of squared gradients per step, in [0, 1).</summary>
    public double Alpha { get; private init => field = Fraction(value); }

    /// <summary>True if RMSProp divides by the root of the gradients' variance instead of their mean square.</summary>
    public bool Centered { get; private init; }

    /// <summary>Creates settings of stochastic gradient descent.</summary>
    /// <param name="momentum">In [0, 1). Default 0.9.</param>
    /// <param name="weightDecay">At least 0. Default 0.0005.</param>
    /// <param name="dampening">In [0, 1). Default 0.</param>
    /// <param name="nesterov">Needs momentum above 0 and no dampening. Default false.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    /// <exception cref="ArgumentException">Nesterov's variant is requested without momentum or with dampening.</exception>
    public static OptimizerSettings Sgd(double momentum = 0.9, double weightDecay = 5e-4, double dampening = 0, bool nesterov = false) =>
        nesterov && (momentum == 0 || dampening != 0)
            ? throw new ArgumentException("Nesterov's momentum needs a momentum above 0 and no dampening.", nameof(nesterov))
            : new(OptimizerKind.Sgd, weightDecay) { Momentum = momentum, Dampening = dampening, Nesterov = nesterov };

    /// <summary>Creates settings of Adam.</summary>
    /// <param name="weightDecay">At least 0, added to the gradient. Default 0.</param>
    /// <param name="beta1">In [0, 1). Default 0.9.</param>
    /// <param name="beta2">In [0, 1). Default 0.999.</param>
    /// <param name="epsilon">At least 0. Default 1e-8.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static OptimizerSettings Adam(double weightDecay = 0, double beta1 = DefaultBeta1, double beta2 = DefaultBeta2, double epsilon = DefaultEpsilon) =>
        new(OptimizerKind.Adam, weightDecay) { Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon };

    /// <summary>Creates settings of AdamW.</summary>
    /// <param name="weightDecay">At least 0, acts on the weights. Default 0.01.</param>
    /// <param name="beta1">In [0, 1). Default 0.9.</param>
    /// <param name="beta2">In [0, 1). Default 0.999.</param>
    /// <param name="epsilon">At least 0. Default 1e-8.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static OptimizerSettings AdamW(double weightDecay = 0.01, double beta1 = DefaultBeta1, double beta2 = DefaultBeta2, double epsilon = DefaultEpsilon) =>
        new(OptimizerKind.AdamW, weightDecay) { Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon };

    /// <summary>Creates settings of RMSProp.</summary>
    /// <param name="momentum">In [0, 1). Default 0.</param>
    /// <param name="weightDecay">At least 0, added to the gradient. Default 0.</param>
    /// <param name="alpha">In [0, 1). Default 0.99.</param>
    /// <param name="epsilon">At least 0. Default 1e-8.</param>
    /// <param name="centered">True to use the gradients' variance instead of their mean square. Default false.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static OptimizerSettings RmsProp(double momentum = 0, double weightDecay = 0, double alpha = DefaultAlpha, double epsilon = DefaultEpsilon, bool centered = false) =>
        new(OptimizerKind.RmsProp, weightDecay) { Momentum = momentum, Alpha = alpha, Epsilon = epsilon, Centered = centered };

    /// <summary>Creates settings of an optimiser with its default constants.</summary>
    /// <param name="kind">The optimiser.</param>
    internal static OptimizerSettings Of(OptimizerKind kind) => kind switch
    {
        OptimizerKind.Adam => Adam(),
        OptimizerKind.AdamW => AdamW(),
        OptimizerKind.RmsProp => RmsProp(),
        _ => Sgd(),
    };

    /// <summary>Gets the name of a kind of optimiser in files and at the command line.</summary>
    internal static string NameOf(OptimizerKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>Returns these settings with another weight decay.</summary>
    /// <param name="weightDecay">At least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weightDecay"/> is outside its range.</exception>
    public OptimizerSettings WithWeightDecay(double weightDecay) => this with { WeightDecay = weightDecay };

    /// <summary>Formats the settings, e.g. <c>"sgd, momentum 0.9, weight decay 0.0005"</c>, the same in every culture; constants of Adam, AdamW and RMSProp only if they are not the defaults.</summary>
    public override string ToString()
    {
        var standard = Of(Kind);
        var parts = new List<string> { Name };
        Add("momentum", Momentum, 0);
        Add("dampening", Dampening, 0);
        Add("weight decay", WeightDecay, 0);
        Add("beta1", Beta1, standard.Beta1);
        Add("beta2", Beta2, standard.Beta2);
        Add("alpha", Alpha, standard.Alpha);
        Add("epsilon", Epsilon, standard.Epsilon);
        if (Nesterov)
        {
            parts.Add("Nesterov");
        }

        if (Centered)
        {
            parts.Add("centred");
        }

        return string.Join(", ", parts);

        void Add(string name, double value, double silent)
        {
            if (value != silent)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {value:R}"));
            }
        }
    }

    private static double Fraction(double value, [CallerMemberName] string property = "") => value is >= 0 and < 1
        ? value
        : throw new ArgumentOutOfRangeException(Parameter(property), value, $"The {Parameter(property)} must be at least 0 and below 1.");

    private static double NotNegative(double value, [CallerMemberName] string property = "") => value >= 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(Parameter(property), value, $"The {(property == nameof(WeightDecay) ? "weight decay" : Parameter(property))} must be a finite number, at least 0.");

    private static string Parameter(string property) => char.ToLowerInvariant(property[0]) + property[1..];
}
