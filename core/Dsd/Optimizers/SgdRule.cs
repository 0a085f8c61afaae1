using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>Stochastic gradient descent: weight −= rate · d, where d is the decayed gradient or its running sum.</summary>
/// <param name="rate">The learning rate.</param>
/// <param name="momentum">How much of the running sum stays; 0 for none, then there is no state.</param>
/// <param name="dampening">How much of each gradient the sum leaves out.</param>
/// <param name="decay">How much of the weight is added to the gradient.</param>
/// <param name="nesterov">Whether the step looks ahead.</param>
/// <param name="isFirst">Whether the sum is new: then it is the gradient itself, undampened.</param>
internal readonly struct SgdRule(double rate, double momentum, double dampening, double decay, bool nesterov, bool isFirst) : IStepRule
{
    private readonly float _rate = (float)-rate;
    private readonly float _momentum = (float)momentum;
    private readonly float _share = (float)(1 - dampening);
    private readonly float _decay = (float)decay;

    public void Move<T>(ref T weight, T gradient, ref T first, ref T second)
        where T : struct, ILanes<T>
    {
        if (_decay != 0)
        {
            gradient += T.All(_decay) * weight;
        }

        if (_momentum != 0)
        {
            first = isFirst ? gradient : (T.All(_momentum) * first) + (T.All(_share) * gradient);
            gradient = nesterov ? gradient + (T.All(_momentum) * first) : first;
        }

        weight += T.All(_rate) * gradient;
    }

    public void Move(Tensor weight, Tensor gradient, Tensor? first, Tensor? second)
    {
        // TorchSharp does not keep scalars alive during a call; these live to the end.
        using Scalar minusRate = -rate, kept = momentum, share = 1 - dampening, decayed = decay;
        if (decay != 0)
        {
            gradient = gradient.add(weight, decayed);
        }

        if (momentum != 0)
        {
            _ = isFirst ? first!.copy_(gradient) : first!.mul_(kept).add_(gradient, share);
            gradient = nesterov ? gradient.add(first, kept) : first;
        }

        weight.add_(gradient, minusRate);
    }
}
