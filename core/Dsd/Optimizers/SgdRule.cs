using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>Stochastic gradient descent: weight −= rate · d, where d is the gradient or its running sum.</summary>
/// <param name="rate">The learning rate.</param>
/// <param name="momentum">How much of the running sum stays; 0 for no such sum, and no state.</param>
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

    public string Kernel => "sgd";

    public int States => _momentum != 0 ? 1 : 0;

    public void Constants(Span<float> constants) =>
        (constants[0], constants[1], constants[2], constants[3], constants[4], constants[5]) = (_rate, _momentum, _share, _decay, nesterov ? 1 : 0, isFirst ? 1 : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Move<T>(T weight, T gradient, ref T first, ref T second)
        where T : struct, ILanes<T>
    {
        var d = _decay != 0 ? gradient + (T.All(_decay) * weight) : gradient;
        if (_momentum != 0)
        {
            first = isFirst ? d : (T.All(_momentum) * first) + (T.All(_share) * d);
            d = nesterov ? d + (T.All(_momentum) * first) : first;
        }

        return weight + (T.All(_rate) * d);
    }

    public void Move(Tensor[] weights, Tensor[] gradients, Tensor[] first, Tensor[] second) =>
        ForEach.Run("sgd", weights, gradients, first, -rate, momentum, 1 - dampening, decay, nesterov, isFirst);
}
