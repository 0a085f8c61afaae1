namespace Dsd.Schedules;

/// <summary>Criteria that rank the weights of a layer when a mask is chosen.</summary>
internal enum CriterionKind
{
    /// <summary>The absolute value: the largest stay (Han et al., 2017).</summary>
    Magnitude,

    /// <summary>A fixed random order: a control for the effect of the ranking.</summary>
    Random,

    /// <summary>A fixed random order, pruned as far as the norm of what magnitude would prune: a control for the size of the perturbation.</summary>
    RandomOfEqualNorm,

    /// <summary>|weight × gradient|, with the dense gradient of the last step: the change of the loss without the weight, to first order (Molchanov et al., 2017).</summary>
    WeightTimesGradient,

    /// <summary>|gradient|, with the dense gradient of the last step.</summary>
    Gradient,

    /// <summary>The sum of −weight × gradient over the steps of the phase (Sanh et al., 2020).</summary>
    Movement,

    /// <summary>The absolute value against a threshold, which decides the count too.</summary>
    Threshold,

    /// <summary>Masks that exist already.</summary>
    Given,

    /// <summary>A custom score function, referred to by name: the highest scores stay.</summary>
    Custom,
}
