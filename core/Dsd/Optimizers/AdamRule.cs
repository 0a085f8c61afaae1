using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>Adam and AdamW: weight −= rate · mean / √(mean square), both running and corrected for their start at 0.</summary>
/// <param name="rate">The learning rate.</param>
/// <param name="beta1">How much of the running mean stays.</param>
/// <param name="beta2">How much of the running mean square stays.</param>
/// <param name="eps">What is added to the root.</param>
/// <param name="decay">The weight decay.</param>
/// <param name="decoupled">Whether the decay acts on the weight (AdamW) instead of the gradient (Adam).</param>
/// <param name="step">Which step of the parameter's this is, from 1.</param>
internal readonly struct AdamRule(double rate, double beta1, double beta2, double eps, double decay, bool decoupled, long step) : IStepRule
{
    private readonly float _rate = (float)(-rate / (1 - Math.Pow(beta1, step)));
    private readonly float _root = (float)Math.Sqrt(1 - Math.Pow(beta2, step));
    private readonly float _beta1 = (float)beta1;
    private readonly float _share1 = (float)(1 - beta1);
    private readonly float _beta2 = (float)beta2;
    private readonly float _share2 = (float)(1 - beta2);
    private readonly float _eps = (float)eps;
    private readonly float _decay = decoupled ? 0 : (float)decay;
    private readonly float _shrink = decoupled ? (float)(1 - (rate * decay)) : 1;

    public string Kernel => "adam";

    public int States => 2;

    public void Constants(Span<float> constants)
    {
        ReadOnlySpan<float> values = [_rate, _root, _beta1, _share1, _beta2, _share2, _eps, _decay, _shrink];
        values.CopyTo(constants);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Move<T>(T weight, T gradient, ref T first, ref T second)
        where T : struct, ILanes<T>
    {
        var d = _decay != 0 ? gradient + (T.All(_decay) * weight) : gradient;
        first = (T.All(_beta1) * first) + (T.All(_share1) * d);
        second = (T.All(_beta2) * second) + (T.All(_share2) * d * d);
        var root = (T.Sqrt(second) / T.All(_root)) + T.All(_eps);
        return (T.All(_shrink) * weight) + (T.All(_rate) * first / root);
    }

    public void Move(Tensor[] weights, Tensor[] gradients, Tensor[] first, Tensor[] second)
    {
        var (minusRate, root) = (-rate / (1 - Math.Pow(beta1, step)), Math.Sqrt(1 - Math.Pow(beta2, step)));
        ForEach.Run("adam", weights, gradients, first, second, minusRate, root, eps, beta1, 1 - beta1, beta2, 1 - beta2, decay, decoupled, 1 - (rate * decay));
    }
}
