namespace Dsd.Schedules;

/// <summary>What ranks the weights of a layer when a mask is chosen.</summary>
internal enum CriterionKind
{
    /// <summary>The absolute value: the largest stay (Han et al., 2017).</summary>
    Magnitude,

    /// <summary>A fixed random order: the control that asks whether the ranking matters.</summary>
    Random,

    /// <summary>|weight × gradient|, with the dense gradient of the last step: what the loss would change by without the weight, to first order (Molchanov et al., 2017).</summary>
    WeightTimesGradient,

    /// <summary>A score function that the user gives under a name: the highest scores stay.</summary>
    Custom,
}
