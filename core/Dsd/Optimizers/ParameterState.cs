namespace Dsd.Optimizers;

/// <summary>An optimiser's state of one parameter.</summary>
/// <param name="Parameter">The parameter's name; <c>#3</c> for the fourth of the optimiser's where it does not belong to the model.</param>
/// <param name="Fields">Tensors and numbers by the names of TorchSharp's fields, e.g. <c>exp_avg</c>; null where there is none yet.</param>
internal sealed record ParameterState(string Parameter, OrderedDictionary<string, object?> Fields);
