using Dsd.Execution;
using Dsd.Schedules;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>A fully connected layer whose weights are products of eigenvector entries and differences of eigenvalues: wᵢⱼ = (λⱼ − λᵢ) φᵢⱼ for output node i and input node j.</summary>
/// <remarks>
/// Takes a tensor of shape (…, inputs), returns x wᵀ + bias of shape (…, outputs). Parameters, in order: <c>phi</c> (outputs × inputs), which masks may
/// prune as they prune weights if it is trained; <c>lambda_in</c> (inputs) and <c>lambda_out</c> (outputs), never pruned; <c>bias</c> (outputs) if
/// there is one, always trained.
/// <para>The layer is the block between two layers of nodes of an operator on all of them, which is diagonal but for one block of its eigenvectors
/// (Giambagli, Buffoni, Carletti, Nocentini and Fanelli, "Machine learning in spectral domain", Nature Communications 12:1330, 2021).</para>
/// <para>It starts with the eigenvalues 0 of input nodes and 1 of output nodes, as the authors' package spectraltools does, so that w = −φ, and with the
/// weights and bias of an ordinary layer: a new one draws from the global generator exactly what <c>nn.Linear</c> draws, uniform in ±1/√inputs, and computes the
/// same bits. (The package draws φ from Glorot's uniform distribution and has no bias by default.)</para>
/// </remarks>
public sealed class SpectralLinear : nn.Module<Tensor, Tensor>, ILayer
{
    private const SpectralTraining None = 0;

    [ComponentName(Name = "phi")]
    private readonly Parameter _eigenvectors;

    [ComponentName(Name = "lambda_in")]
    private readonly Parameter _inputEigenvalues;

    [ComponentName(Name = "lambda_out")]
    private readonly Parameter _outputEigenvalues;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    /// <summary>Builds a layer with random weights on the CPU.</summary>
    /// <param name="inputs">The number of input nodes, at least 1.</param>
    /// <param name="outputs">The number of output nodes, at least 1.</param>
    /// <param name="bias">True to add a bias. Default true.</param>
    /// <param name="trained">The parameters that are trained. Default all.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or <paramref name="trained"/> is none of the enumeration's combinations.</exception>
    public SpectralLinear(long inputs, long outputs, bool bias = true, SpectralTraining trained = SpectralTraining.All)
        : this(Drawn(inputs, outputs, bias), trained, disposes: true)
    {
    }

    private SpectralLinear(Linear layer, SpectralTraining trained, bool disposes)
        : base("SpectralLinear")
    {
        Trained = Checked(trained);
        using var guard = no_grad();
        var weight = layer.weight!;
        _eigenvectors = new(weight.neg(), trained.HasFlag(SpectralTraining.Eigenvectors));
        _inputEigenvalues = new(zeros(weight.size(1), weight.dtype, weight.device), trained.HasFlag(SpectralTraining.InputEigenvalues));
        _outputEigenvalues = new(ones(weight.size(0), weight.dtype, weight.device), trained.HasFlag(SpectralTraining.OutputEigenvalues));
        _bias = layer.bias is { } bias ? new(bias.detach().clone(), bias.requires_grad) : null;
        Register(layer.training);
        if (disposes)
        {
            layer.Dispose();
        }
    }

    private SpectralLinear(SpectralLinear layer, Tensor? rows, Tensor? columns)
        : base("SpectralLinear")
    {
        Trained = layer.Trained;
        using var guard = no_grad();
        _eigenvectors = new(Selection.Of(layer._eigenvectors, rows, columns), layer._eigenvectors.requires_grad);
        _inputEigenvalues = new(Selection.Of(layer._inputEigenvalues, columns), layer._inputEigenvalues.requires_grad);
        _outputEigenvalues = new(Selection.Of(layer._outputEigenvalues, rows), layer._outputEigenvalues.requires_grad);
        _bias = layer._bias is { } bias ? new(Selection.Of(bias, rows), bias.requires_grad) : null;
        Register(layer.training);
    }

    /// <summary>The parameters that are trained, besides the bias.</summary>
    public SpectralTraining Trained { get; }

    /// <summary>The entries of the eigenvectors, φ, shape (outputs, inputs).</summary>
    public Parameter Eigenvectors => _eigenvectors;

    /// <summary>The eigenvalues of the input nodes, λⱼ, shape (inputs).</summary>
    public Parameter InputEigenvalues => _inputEigenvalues;

    /// <summary>The eigenvalues of the output nodes, λᵢ, shape (outputs).</summary>
    public Parameter OutputEigenvalues => _outputEigenvalues;

    /// <summary>The bias, shape (outputs), or null.</summary>
    public Parameter? Bias => _bias;

    /// <summary>The number of input nodes.</summary>
    public long Inputs => _eigenvectors.size(1);

    /// <summary>The number of output nodes.</summary>
    public long Outputs => _eigenvectors.size(0);

    /// <inheritdoc/>
    public LayerKind Kind => LayerKind.Linear;

    /// <summary>The names of the parameters that are never pruned: the eigenvalues, and the eigenvectors where they are not trained.</summary>
    public IReadOnlyCollection<string> Unpruned => Trained.HasFlag(SpectralTraining.Eigenvectors) ? ["lambda_in", "lambda_out"] : ["phi", "lambda_in", "lambda_out"];

    /// <summary>Converts an ordinary layer; the new one computes the same bits.</summary>
    /// <param name="layer">The layer, on any device; it stays as it is, and shares no tensor with the new one.</param>
    /// <param name="trained">The parameters that are trained. Default all.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="trained"/> is none of the enumeration's combinations.</exception>
    public static SpectralLinear From(Linear layer, SpectralTraining trained = SpectralTraining.All)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return new(layer, trained, disposes: false);
    }

    /// <summary>Computes the effective weights, (λⱼ − λᵢ) φᵢⱼ, shape (outputs, inputs); gradients flow through them to the parameters.</summary>
    public Tensor Weight()
    {
        using var scope = NewDisposeScope();
        return ((_inputEigenvalues - _outputEigenvalues.unsqueeze(1)) * _eigenvectors).MoveToOuterDisposeScope();
    }

    /// <summary>Converts to an ordinary layer with the effective weights, which computes the same bits; draws no random numbers.</summary>
    /// <returns>The layer, all of whose parameters are trained; it shares no tensor with this one.</returns>
    public Linear ToLinear()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return Ordinary.Linear(Weight(), _bias, training);
    }

    /// <summary>Computes the layer's output.</summary>
    /// <param name="input">The input, shape (…, inputs).</param>
    /// <returns>The output, shape (…, outputs).</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(input, Weight(), _bias).MoveToOuterDisposeScope();
    }

    /// <summary>Creates a layer of some of the nodes.</summary>
    /// <param name="rows">The output nodes, int64, or null for all.</param>
    /// <param name="columns">The input nodes, int64, or null for all.</param>
    internal SpectralLinear Select(Tensor? rows, Tensor? columns) => new(this, rows, columns);

    /// <summary>Returns a combination of the enumeration's values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    internal static SpectralTraining Checked(SpectralTraining trained) => trained > None && (trained & ~SpectralTraining.All) == None
        ? trained
        : throw new ArgumentOutOfRangeException(nameof(trained), trained, $"A spectral layer trains one or more of {nameof(SpectralTraining.OutputEigenvalues)}, {nameof(SpectralTraining.InputEigenvalues)} and {nameof(SpectralTraining.Eigenvectors)}.");

    /// <summary>Registers the parameters, which live as long as the layer, even where it was created in a dispose scope.</summary>
    private void Register(bool training)
    {
        RegisterComponents();
        foreach (var parameter in parameters())
        {
            parameter.DetachFromDisposeScope();
        }

        train(training);
    }

    private static Linear Drawn(long inputs, long outputs, bool bias)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        return nn.Linear(inputs, outputs, bias);
    }
}
