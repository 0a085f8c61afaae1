namespace Dsd.Runs;

/// <summary>The optimisers of a config.</summary>
internal enum OptimizerKind
{
    /// <summary>Stochastic gradient descent, with momentum, dampening and Nesterov's variant.</summary>
    Sgd,

    /// <summary>Adam (Kingma and Ba, 2015); weight decay is added to the gradient.</summary>
    Adam,

    /// <summary>AdamW (Loshchilov and Hutter, 2019); weight decay acts on the weights.</summary>
    AdamW,

    /// <summary>RMSProp (Tieleman and Hinton, 2012).</summary>
    RmsProp,
}
